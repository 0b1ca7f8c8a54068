/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder; see statedir.h.
 */
#include "module/supervisor/statedir.h"
#include "module/files/trusted.h"

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

static const char *failed(apr_pool_t *pool, const char *what, const char *path)
{
    char reason[128];

    return apr_psprintf(pool, "cannot %s %s: %s", what, path,
                        apr_strerror(errno, reason, sizeof(reason)));
}

/* A folder that others can write in could hold anybody's sockets. */
static const char *check_dir(int fd, const char *dir, apr_pool_t *pool)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return failed(pool, "look at", dir);
    if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
        return apr_psprintf(pool,
                            "%s (of user %ld, mode %04o) can be written by "
                            "others: make it this user's own and writable by "
                            "nobody else (chown %ld %s; chmod 0711 %s)",
                            dir, (long)st.st_uid, (unsigned)st.st_mode & 07777,
                            (long)geteuid(), dir, dir);
    return NULL;
}

/* Takes the descriptor. */
static int is_empty(int fd)
{
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    int count = 0;

    if (!entries) {
        (void)(fd >= 0 && close(fd));
        return 0;
    }
    while (count <= 2 && readdir(entries))
        count++;
    closedir(entries);
    return count <= 2; /* "." and ".." */
}

int anonid_statedir_is_empty(const char *dir)
{
    return is_empty(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int has_nothing_in_it(int fd)
{
    return is_empty(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Somebody made the folder for httpd: it becomes root's own, as if root had
 * created it. Only while it is empty: what its owner has put there could be a
 * link to anywhere. Afterwards nobody can. */
static const char *take_over(int fd, const char *dir, apr_pool_t *pool)
{
    struct stat st;

    if (geteuid() != 0 || fstat(fd, &st) != 0 || (st.st_mode & 022)
        || (st.st_uid == 0 && (st.st_mode & S_IXOTH))
        || !has_nothing_in_it(fd))
        return NULL;
    if (fchown(fd, 0, (gid_t)-1) != 0 || fchmod(fd, 0711) != 0)
        return failed(pool, "set the owner and mode of", dir);
    if (!has_nothing_in_it(fd))
        return apr_pstrcat(pool, dir, " has just been written to", NULL);
    return NULL;
}

/* Opens a folder, and creates it if need be, with that mode whatever the
 * umask is: a descriptor, or -1 with errno. */
static int open_dir(int above, const char *name, mode_t mode)
{
    const int made = mkdirat(above, name, mode) == 0;
    int fd;

    if (!made && errno != EEXIST)
        return -1;
    fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && made && fchmod(fd, mode) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The path of the folder above, and what follows it. */
static const char *split(const char *path, const char **name, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    *name = slash + 1;
    return slash == path
               ? "/"
               : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
}

/* The folder above is httpd's runtime folder, if it is not there: the check
 * of the configuration refuses any other. It is made as apachectl does. */
static const char *open_above(const char *above, int *fd, apr_pool_t *pool)
{
    const char *name, *error;
    int parent;

    if (access(above, F_OK) == 0 || errno != ENOENT)
        return anonid_trusted_open(above, fd, pool);
    error = anonid_trusted_open(split(above, &name, pool), &parent, pool);
    if (error)
        return error;
    *fd = open_dir(parent, name, 0755);
    if (*fd < 0)
        error = failed(pool, "create", above);
    close(parent);
    return error;
}

static const char *open_state_dir(const char *dir, int *folder,
                                  apr_pool_t *pool)
{
    const char *name, *error;
    int above = -1;

    *folder = -1;
    error = open_above(split(dir, &name, pool), &above, pool);
    if (error)
        return error;
    *folder = open_dir(above, name, 0711);
    error = *folder < 0 ? failed(pool, "create or open", dir)
                        : take_over(*folder, dir, pool);
    close(above);
    return error ? error : check_dir(*folder, dir, pool);
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

/* Takes the folder for this process: *lock, or -1. */
static const char *lock_folder(int folder, const char *dir, int *lock,
                               apr_pool_t *pool)
{
    int fd = openat(folder, LOCK_FILE,
                    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const char *error = NULL;

    if (fd < 0)
        return failed(pool, "open the lock in", dir);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        note_holder(fd);
        *lock = fd;
        return NULL;
    }
    error = errno == EWOULDBLOCK
                ? apr_psprintf(pool,
                               "%s is in use by another httpd (%s): give "
                               "each httpd an AnonIDStateDir of its own",
                               dir, holder(fd, pool))
                : failed(pool, "lock", dir);
    close(fd);
    return error;
}

const char *anonid_statedir_enter(const char *dir, int *folder, int *lock,
                                  apr_pool_t *pool)
{
    const char *error = open_state_dir(dir, folder, pool);

    *lock = -1;
    if (!error)
        error = lock_folder(*folder, dir, lock, pool);
    if (error && *folder >= 0) {
        close(*folder);
        *folder = -1;
    }
    return error;
}

/* Nobody can connect before the socket has its owner and mode. */
static int bind_closed(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0777);
    int rv = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    (void)umask(mask);
    return rv;
}

/* bind(2) knows no descriptor of a folder. That the path still leads into
 * this one is seen by what is found there afterwards. */
static const char *listen_at(int fd, int folder, const char *path,
                             const anonid_socket_t *sock, apr_pool_t *pool)
{
    struct sockaddr_un address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    (void)unlinkat(folder, sock->name, 0);
    if (bind_closed(fd, &address) != 0)
        return failed(pool, "bind", path);
    if (fchownat(folder, sock->name, sock->uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW)
        != 0)
        return failed(pool, "set the owner of", path);
    if (fchmodat(folder, sock->name, 0600, 0) != 0)
        return failed(pool, "set the mode of", path);
    if (listen(fd, BACKLOG) != 0)
        return failed(pool, "listen on", path);
    return NULL;
}

const char *anonid_statedir_listen(int folder, const char *dir,
                                   const anonid_socket_t *sock, int *listener,
                                   apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, dir, "/", sock->name, NULL);
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
    error = listen_at(fd, folder, path, sock, pool);
    if (error) {
        close(fd);
        return error;
    }
    *listener = fd;
    return NULL;
}

/* Gives one file to a new owner, if it is an ordinary one of the old owner
 * and has no other name: he could have linked it from anywhere. */
static int give_file(int folder, const char *name, uid_t old, uid_t uid,
                     gid_t gid)
{
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    int done = fd >= 0 && fstat(fd, &st) == 0;

    if (done && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == old)
        done = fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* An agent of another user was here before. */
static int give_files(int folder, uid_t old, uid_t uid, gid_t gid)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    int done = entries != NULL;

    if (!entries) {
        (void)(fd >= 0 && close(fd));
        return 0;
    }
    for (entry = readdir(entries); done && entry; entry = readdir(entries))
        done = give_file(folder, entry->d_name, old, uid, gid);
    closedir(entries);
    return done;
}

/* First the folder itself: its old owner then can reach nothing in it. */
static int give_folder(int folder, uid_t uid, gid_t gid)
{
    struct stat st;

    if (fstat(folder, &st) != 0 || fchown(folder, uid, gid) != 0
        || fchmod(folder, 0700) != 0)
        return 0;
    return uid == (uid_t)-1 || uid == st.st_uid
           || give_files(folder, st.st_uid, uid, gid);
}

const char *anonid_statedir_agent_folder(int folder, uid_t uid, gid_t gid,
                                         int *agent, apr_pool_t *pool)
{
    static const char what[] =
        "the folder \"" ANONID_AGENT_FOLDER "\" in the state folder";
    const char *error;
    int fd = open_dir(folder, ANONID_AGENT_FOLDER, 0700);

    *agent = -1;
    if (fd < 0)
        return failed(pool, "open", what);
    if (!give_folder(fd, uid, gid)) {
        error = failed(pool, "set the owner and mode of", what);
        close(fd);
        return error;
    }
    *agent = fd;
    return NULL;
}

void anonid_statedir_leave(int folder)
{
    (void)unlinkat(folder, ANONID_AGENT_SOCKET, 0);
    (void)unlinkat(folder, ANONID_CTL_SOCKET, 0);
}
