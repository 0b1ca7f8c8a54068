/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether another user could open a file; see access_as.h. Linux only:
 * setfsuid(2) asks the kernel itself.
 */
#include "module/validate/access_as.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

static int can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return 0;
    close(fd);
    return 1;
}

/* The caller's supplementary groups. */
typedef struct {
    gid_t *list;
    int count;
} groups_t;

/* The system call, unlike setgroups(3), is for this thread alone. */
static int set_groups(const gid_t *list, int count)
{
    return syscall(SYS_setgroups, (long)count, list) == 0;
}

/* Where that is not allowed, as in a container without privileges, they stay:
 * nobody is another user there. */
static void leave_groups(groups_t *groups)
{
    groups->count = getgroups(0, NULL);
    groups->list = groups->count > 0
                       ? calloc((size_t)groups->count, sizeof(gid_t))
                       : NULL;
    if (groups->list && getgroups(groups->count, groups->list) >= 0
        && set_groups(NULL, 0))
        return;
    free(groups->list);
    groups->list = NULL;
}

static int join_groups(groups_t *groups)
{
    int joined = !groups->list || set_groups(groups->list, groups->count);

    free(groups->list);
    return joined;
}

int anonid_access_exists(uid_t uid)
{
    int old, now;

    if (geteuid() != 0)
        return uid == geteuid();
    old = setfsuid(uid);
    now = setfsuid((uid_t)old);
    return now == (int)uid;
}

int anonid_access_as(uid_t uid, gid_t gid, const char *path, int flags)
{
    int reached, old_gid, old_uid;
    groups_t groups;

    if (geteuid() != 0)
        return can_open(path, flags);
    leave_groups(&groups);
    old_gid = setfsgid(gid);
    old_uid = setfsuid(uid);
    reached = can_open(path, flags);
    setfsuid((uid_t)old_uid);
    setfsgid((gid_t)old_gid);
    return join_groups(&groups) && reached;
}
