/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following a path through folders that can be trusted; see trusted.h.
 */
#include "module/files/trusted.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the kernel does (path_resolution(7)). */
#define LINKS_MAX 40

/* What the kernel shows for owners that this user namespace does not know:
 * in a container without privileges, whoever started it. */
#define OVERFLOW_UID 65534

typedef struct {
    apr_pool_t *pool;
    int fd;           /* the folder that has been reached */
    const char *path; /* its own, without links, "" for the root */
    const char *rest; /* what is still to be followed */
    int links;        /* seen so far */
} walk_t;

static const char *failed(const walk_t *walk, const char *what,
                          const char *path)
{
    char reason[128];

    return apr_psprintf(walk->pool, "cannot %s %s: %s", what, path,
                        apr_strerror(errno, reason, sizeof(reason)));
}

/* A line of user_namespaces(7)'s uid_map. */
static int is_in_range(const char *line, uid_t uid)
{
    unsigned long first, outside, count;

    return sscanf(line, "%lu %lu %lu", &first, &outside, &count) == 3
           && uid >= first && uid - first < count;
}

static int is_known_here(uid_t uid)
{
    FILE *map = fopen("/proc/self/uid_map", "re");
    char line[128];
    int known = !map;

    while (!known && fgets(line, sizeof(line), map))
        known = is_in_range(line, uid);
    if (map)
        fclose(map);
    return known;
}

static int is_trusted_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid()
           || (uid == OVERFLOW_UID && !is_known_here(uid));
}

/* A folder or a link on the way. */
static const char *check(const walk_t *walk, const char *path,
                         const struct stat *st)
{
    if (!is_trusted_owner(st->st_uid))
        return apr_psprintf(
            walk->pool,
            "the %s %s belongs to user %ld (mode %04o), who can put another "
            "folder in its place; give it to root (chown root %s), or choose "
            "a place where only root can write",
            S_ISLNK(st->st_mode) ? "link" : "folder", path, (long)st->st_uid,
            (unsigned)st->st_mode & 07777, path);
    if (S_ISDIR(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH))
        && !(st->st_mode & S_ISVTX))
        return apr_psprintf(
            walk->pool,
            "the folder %s (of user %ld, mode %04o) can be written by "
            "others, who can put another folder in the place of what is in "
            "it; run: chmod go-w %s, or choose a place where only root can "
            "write",
            path, (long)st->st_uid, (unsigned)st->st_mode & 07777, path);
    return NULL;
}

/* Goes on from another folder, whose descriptor is now the walk's. */
static const char *move(walk_t *walk, int fd, const char *path)
{
    struct stat st;

    if (fd < 0)
        return failed(walk, "open", *path ? path : "/");
    if (walk->fd >= 0)
        close(walk->fd);
    walk->fd = fd;
    walk->path = path;
    if (fstat(fd, &st) != 0)
        return failed(walk, "look at", path);
    return check(walk, *path ? path : "/", &st);
}

static const char *begin(walk_t *walk)
{
    return move(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "");
}

static const char *follow_link(walk_t *walk, const char *name,
                               const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(walk->fd, name, target, sizeof(target) - 1);

    errno = n < 0 ? errno : ELOOP;
    if (n < 0 || ++walk->links > LINKS_MAX)
        return failed(walk, "follow the link", path);
    target[n] = '\0';
    walk->rest = apr_pstrcat(walk->pool, target, "/", walk->rest, NULL);
    return *target == '/' ? begin(walk) : NULL;
}

/* The folder above: its path holds no link, so it is a part of it. */
static const char *go_up(walk_t *walk)
{
    const char *slash = strrchr(walk->path, '/');
    const char *path = slash ? apr_pstrmemdup(walk->pool, walk->path,
                                              (apr_size_t)(slash - walk->path))
                             : "";

    return move(walk, openat(walk->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC),
                path);
}

static const char *go_down(walk_t *walk, const char *name)
{
    const char *path = apr_pstrcat(walk->pool, walk->path, "/", name, NULL);
    struct stat st;
    const char *error;

    if (fstatat(walk->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return failed(walk, "look at", path);
    if (S_ISLNK(st.st_mode)) {
        error = check(walk, path, &st);
        return error ? error : follow_link(walk, name, path);
    }
    return move(
        walk,
        openat(walk->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
        path);
}

static const char *step(walk_t *walk)
{
    const apr_size_t length = strcspn(walk->rest, "/");
    const char *name = apr_pstrmemdup(walk->pool, walk->rest, length);

    walk->rest += length;
    walk->rest += strspn(walk->rest, "/");
    if (*name == '\0' || strcmp(name, ".") == 0)
        return NULL;
    return strcmp(name, "..") == 0 ? go_up(walk) : go_down(walk, name);
}

const char *anonid_trusted_open(const char *path, int *fd, apr_pool_t *pool)
{
    walk_t walk = { pool, -1, "", path + strspn(path, "/"), 0 };
    const char *error = begin(&walk);

    while (!error && *walk.rest)
        error = step(&walk);
    if (error && walk.fd >= 0)
        close(walk.fd);
    *fd = error ? -1 : walk.fd;
    return error;
}

const char *anonid_trusted_check(const char *path, apr_pool_t *pool)
{
    int fd;
    const char *error = anonid_trusted_open(path, &fd, pool);

    if (fd >= 0)
        close(fd);
    return error;
}
