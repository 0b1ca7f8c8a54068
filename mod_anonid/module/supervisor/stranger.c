/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose socket it is, by /proc; see stranger.h. Whatever cannot be seen there
 * is left out.
 */
#include "module/supervisor/stranger.h"

#include <apr_strings.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_OCTETS 64

/* 1 if one of the process's descriptors is that link ("socket:[123]"). */
static int has_open(const char *pid, const char *link)
{
    char path[PATH_MAX], target[64];
    struct dirent *entry;
    int found = 0;
    DIR *fds;

    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    fds = opendir(path);
    if (!fds)
        return 0;
    for (entry = readdir(fds); entry && !found; entry = readdir(fds)) {
        ssize_t n =
            readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

        target[n > 0 ? n : 0] = '\0';
        found = strcmp(target, link) == 0;
    }
    closedir(fds);
    return found;
}

/* The process that has the socket open; 0: none is seen. */
static pid_t find_process(unsigned long inode)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    char link[64];
    pid_t pid = 0;

    if (!processes)
        return 0;
    snprintf(link, sizeof(link), "socket:[%lu]", inode);
    for (entry = readdir(processes); entry && !pid;
         entry = readdir(processes)) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9'
            && has_open(entry->d_name, link))
            pid = (pid_t)atol(entry->d_name);
    }
    closedir(processes);
    return pid;
}

/* What a process calls itself; "" if it is gone. */
static void read_name(pid_t pid, char name[NAME_MAX_OCTETS])
{
    char path[64];
    ssize_t n = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, name, NAME_MAX_OCTETS - 1);
        close(fd);
    }
    name[n > 0 ? n : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

static const char *user_text(uid_t uid, apr_pool_t *pool)
{
    const struct passwd *user = getpwuid(uid);

    return user ? apr_psprintf(pool, "user '%s'", user->pw_name)
                : apr_psprintf(pool, "uid %ld", (long)uid);
}

const char *anonid_stranger_text(const anonid_stranger_t *stranger,
                                 apr_pool_t *pool)
{
    const char *user = user_text(stranger->uid, pool);
    pid_t pid = stranger->pid;
    char name[NAME_MAX_OCTETS] = "";

    if (!pid && stranger->inode)
        pid = find_process(stranger->inode);
    if (!pid)
        return apr_psprintf(pool, "A process of %s", user);
    read_name(pid, name);
    return apr_psprintf(pool, "Process %ld (%s) of %s", (long)pid,
                        *name ? name : "which has ended", user);
}
