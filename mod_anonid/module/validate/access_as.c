/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether another user could open a file; see access_as.h. Linux only:
 * setfsuid(2) asks the kernel itself.
 */
#include "module/validate/access_as.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <unistd.h>

static int can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return 0;
    close(fd);
    return 1;
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

    if (geteuid() != 0)
        return can_open(path, flags);
    old_gid = setfsgid(gid);
    old_uid = setfsuid(uid);
    reached = can_open(path, flags);
    setfsuid((uid_t)old_uid);
    setfsgid((gid_t)old_gid);
    return reached;
}
