/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder; see statedir.h.
 */
#include "module/supervisor/statedir.h"

#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCK_FILE "lock"

/* Requests that wait while no agent runs. */
#define BACKLOG 511

static const char *in_dir(const char *dir, const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, dir, "/", name, NULL);
}

static const char *failed(apr_pool_t *pool, const char *what, const char *path)
{
    char reason[128];

    return apr_psprintf(pool, "cannot %s %s: %s", what, path,
                        apr_strerror(errno, reason, sizeof(reason)));
}

/* A folder that others can write in could hold anybody's sockets. */
static const char *check_dir(const char *dir, apr_pool_t *pool)
{
    struct stat st;

    if (lstat(dir, &st) != 0)
        return failed(pool, "look at", dir);
    if (!S_ISDIR(st.st_mode))
        return apr_pstrcat(pool, dir, " is not a folder", NULL);
    if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
        return apr_psprintf(pool,
                            "%s can be written by others: make it this "
                            "user's own and writable by nobody else "
                            "(chown %ld %s; chmod 0711 %s)",
                            dir, (long)geteuid(), dir, dir);
    return NULL;
}

int anonid_statedir_is_empty(const char *dir)
{
    DIR *entries = opendir(dir);
    int count = 0;

    if (!entries)
        return 0;
    while (count <= 2 && readdir(entries))
        count++;
    closedir(entries);
    return count <= 2; /* "." and ".." */
}

/* Makes a folder root's own, as if root had created it. */
static const char *take_over(const char *dir, apr_pool_t *pool)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const char *error = NULL;

    if (fd < 0)
        return failed(pool, "open", dir);
    if (fchown(fd, 0, (gid_t)-1) != 0 || fchmod(fd, 0711) != 0)
        error = failed(pool, "set the owner and mode of", dir);
    close(fd);
    return error;
}

/* Somebody made the folder for httpd. Only while it is empty: what its owner
 * has put there could be a link to anywhere. Afterwards nobody can. */
static const char *use_dir(const char *dir, apr_pool_t *pool)
{
    struct stat st;
    const char *error;

    if (geteuid() != 0 || lstat(dir, &st) != 0 || (st.st_mode & 022)
        || (st.st_uid == 0 && (st.st_mode & S_IXOTH))
        || !anonid_statedir_is_empty(dir))
        return NULL;
    error = take_over(dir, pool);
    if (!error && !anonid_statedir_is_empty(dir))
        error = apr_pstrcat(pool, dir, " has just been written to", NULL);
    return error;
}

/* Whatever the umask is. */
static int mkdir_mode(const char *dir, mode_t mode)
{
    return mkdir(dir, mode) == 0 ? chmod(dir, mode) : -1;
}

/* The folder above is httpd's runtime folder, if it is not there: the check
 * of the configuration refuses any other. */
static const char *make_dir(const char *dir, apr_pool_t *pool)
{
    int rv = mkdir_mode(dir, 0711);
    const char *error = NULL;

    if (rv != 0 && errno == ENOENT
        && mkdir_mode(apr_pstrmemdup(pool, dir, strrchr(dir, '/') - dir), 0755)
               == 0)
        rv = mkdir_mode(dir, 0711);
    if (rv != 0 && errno != EEXIST)
        return failed(pool, "create", dir);
    if (rv != 0)
        error = use_dir(dir, pool);
    return error ? error : check_dir(dir, pool);
}

/* Who holds the lock, for people. */
static const char *holder(int fd, apr_pool_t *pool)
{
    char pid[32];
    ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

    pid[n > 0 ? n : 0] = '\0';
    return apr_psprintf(pool, "process %ld", atol(pid));
}

static void note_holder(int fd)
{
    char pid[32];
    int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, pid, (size_t)n, 0);
}

const char *anonid_statedir_enter(const char *dir, int *lock, apr_pool_t *pool)
{
    const char *path = in_dir(dir, LOCK_FILE, pool);
    const char *error = make_dir(dir, pool);
    int fd;

    *lock = -1;
    if (error)
        return error;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(pool, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        error = errno == EWOULDBLOCK
                    ? apr_psprintf(pool,
                                   "%s is in use by another httpd (%s): give "
                                   "each httpd an AnonIDStateDir of its own",
                                   dir, holder(fd, pool))
                    : failed(pool, "lock", path);
        close(fd);
        return error;
    }
    note_holder(fd);
    *lock = fd;
    return NULL;
}

/* Nobody can connect before the socket has its owner, group and mode. */
static int bind_closed(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0777);
    int rv = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    (void)umask(mask);
    return rv;
}

static const char *listen_at(int fd, const char *path,
                             const anonid_socket_t *sock, apr_pool_t *pool)
{
    struct sockaddr_un address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    (void)unlink(path);
    if (bind_closed(fd, &address) != 0)
        return failed(pool, "bind", path);
    if (chown(path, sock->uid, sock->gid) != 0)
        return failed(pool, "set the owner of", path);
    if (chmod(path, 0660) != 0)
        return failed(pool, "set the mode of", path);
    if (listen(fd, BACKLOG) != 0)
        return failed(pool, "listen on", path);
    return NULL;
}

const char *anonid_statedir_listen(const char *dir,
                                   const anonid_socket_t *sock, int *listener,
                                   apr_pool_t *pool)
{
    const char *path = in_dir(dir, sock->name, pool);
    const char *error;
    int fd;

    *listener = -1;
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return apr_psprintf(pool,
                            "%s is too long for a socket: choose a shorter "
                            "AnonIDStateDir",
                            path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failed(pool, "make a socket for", path);
    error = listen_at(fd, path, sock, pool);
    if (error) {
        close(fd);
        return error;
    }
    *listener = fd;
    return NULL;
}

const char *anonid_statedir_agent_folder(const char *dir, uid_t uid, gid_t gid,
                                         int *folder, apr_pool_t *pool)
{
    const char *path = in_dir(dir, ANONID_AGENT_FOLDER, pool);
    int fd;

    *folder = -1;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(pool, "create", path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return failed(pool, "open", path);
    if (fchown(fd, uid, gid) != 0 || fchmod(fd, 0700) != 0) {
        const char *error = failed(pool, "set the owner and mode of", path);

        close(fd);
        return error;
    }
    *folder = fd;
    return NULL;
}

void anonid_statedir_leave(const char *dir, apr_pool_t *pool)
{
    (void)unlink(in_dir(dir, ANONID_AGENT_SOCKET, pool));
    (void)unlink(in_dir(dir, ANONID_CTL_SOCKET, pool));
}
