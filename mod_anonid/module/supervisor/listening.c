/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets that outlive agent and supervisor; see listening.h.
 */
#include "module/supervisor/listening.h"
#include "module/config/config.h"
#include "module/supervisor/report.h"
#include "module/files/trusted.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <http_log.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Connections that wait while no agent runs. */
#define BACKLOG 511

/* Who may connect at all; users= is asked in any case. */
#define MODE_DEFAULT 0666
#define MODE_OF_GROUP 0660

/* One open socket: a row of retained->sockets, whose key is the address. */
typedef struct {
    const char *address;
    int place; /* of its descriptor among the retained ones */
    int is_unix;
    mode_t mode; /* as it was set; a Unix socket's */
    gid_t group;
} socket_t;

static const char *failed(apr_pool_t *pool, const char *what)
{
    char reason[128];

    return apr_psprintf(pool, "cannot %s: %s", what,
                        apr_strerror(errno, reason, sizeof(reason)));
}

/* ---- Unix sockets ---- */

static const char *split(const char *path, const char **name, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    *name = slash + 1;
    return slash == path
               ? "/"
               : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
}

static mode_t mode_of(const anonid_listen_t *configured)
{
    if (configured->mode >= 0)
        return (mode_t)configured->mode;
    return configured->group == (gid_t)-1 ? MODE_DEFAULT : MODE_OF_GROUP;
}

/* Owner and mode, in a folder where nobody else can put another file in its
 * place. */
static const char *set_access(const anonid_listen_t *configured, int folder,
                              const char *name, apr_pool_t *pool)
{
    const gid_t group =
        configured->group == (gid_t)-1 ? getegid() : configured->group;

    if (fchownat(folder, name, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) != 0)
        return failed(pool, "set its group");
    if (fchmodat(folder, name, mode_of(configured), 0) != 0)
        return failed(pool, "set its mode");
    return NULL;
}

/* 1 if somebody listens there, who did not die. */
static int is_in_use(const anonid_listener_t *listener)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rv;

    if (fd < 0)
        return 0;
    rv = connect(fd, &listener->socket.any, listener->socket_length);
    rv = rv == 0 || errno == EAGAIN;
    close(fd);
    return rv;
}

/* What a killed httpd has left behind is taken away; nothing else is. */
static const char *clear_path(const anonid_listener_t *listener, int folder,
                              const char *name, apr_pool_t *pool)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? NULL : failed(pool, "look at it");
    if (!S_ISSOCK(st.st_mode))
        return "what is there is no socket; name another path";
    if (is_in_use(listener))
        return "another server listens there; name another path";
    return unlinkat(folder, name, 0) == 0 ? NULL : failed(pool, "replace it");
}

/* Nobody can connect before the socket has its group and mode. */
static const char *bind_closed(const anonid_listener_t *listener, int fd,
                               apr_pool_t *pool)
{
    const mode_t mask = umask(0777);
    const int rv = bind(fd, &listener->socket.any, listener->socket_length);
    const int error = errno;

    (void)umask(mask);
    errno = error;
    return rv == 0 ? NULL : failed(pool, "bind it");
}

static const char *bind_path(const anonid_listen_t *configured, int fd,
                             apr_pool_t *pool)
{
    const anonid_listener_t *listener = configured->listener;
    const char *name, *error;
    int folder;

    error = anonid_trusted_open(split(listener->address, &name, pool), &folder,
                                pool);
    if (error)
        return error;
    error = clear_path(listener, folder, name, pool);
    if (!error)
        error = bind_closed(listener, fd, pool);
    if (!error)
        error = set_access(configured, folder, name, pool);
    close(folder);
    return error;
}

static void remove_path(const char *address)
{
    struct stat st;

    if (lstat(address, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(address);
}

/* ---- TCP ---- */

static const char *explain_bind(apr_pool_t *pool)
{
    if (errno == EADDRINUSE)
        return "another server listens there; end it, or name another port";
    if (errno == EACCES)
        return "only root may listen on a port below 1024; start httpd as "
               "root, or name another port";
    if (errno == EADDRNOTAVAIL)
        return "this machine does not have that address; name 127.0.0.1";
    return failed(pool, "bind it");
}

static const char *bind_port(const anonid_listener_t *listener, int fd,
                             apr_pool_t *pool)
{
    const int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (listener->socket.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &listener->socket.any, listener->socket_length) != 0)
        return explain_bind(pool);
    return NULL;
}

/* ---- one socket ---- */

static const char *make_socket(const anonid_listen_t *configured, int *fd,
                               apr_pool_t *pool)
{
    const anonid_listener_t *listener = configured->listener;
    const char *error;

    *fd = socket(listener->socket.any.sa_family,
                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return failed(pool, "make a socket");
    error = anonid_listener_is_unix(listener)
                ? bind_path(configured, *fd, pool)
                : bind_port(listener, *fd, pool);
    if (!error && listen(*fd, BACKLOG) != 0)
        error = failed(pool, "listen on it");
    if (!error)
        return NULL;
    close(*fd);
    *fd = -1;
    return error;
}

/* A free place among the retained descriptors, behind those that have one of
 * their own. */
static int keep(anonid_retained_t *retained, int fd)
{
    apr_array_header_t *descriptors = retained->descriptors;

    for (int i = ANONID_FD_COUNT; i < descriptors->nelts; i++) {
        if (APR_ARRAY_IDX(descriptors, i, int) >= 0)
            continue;
        APR_ARRAY_IDX(descriptors, i, int) = fd;
        return i;
    }
    APR_ARRAY_PUSH(descriptors, int) = fd;
    return descriptors->nelts - 1;
}

static const char *open_one(anonid_retained_t *retained,
                            const anonid_listen_t *configured,
                            apr_pool_t *pool)
{
    socket_t *sock;
    int fd;
    const char *error = make_socket(configured, &fd, pool);

    if (error)
        return error;
    sock = apr_pcalloc(retained->pool, sizeof(*sock));
    sock->address = apr_pstrdup(retained->pool, configured->listener->address);
    sock->is_unix = anonid_listener_is_unix(configured->listener);
    sock->mode = mode_of(configured);
    sock->group = configured->group;
    sock->place = keep(retained, fd);
    apr_hash_set(retained->sockets, sock->address, APR_HASH_KEY_STRING, sock);
    return NULL;
}

static void close_one(anonid_retained_t *retained, const socket_t *sock)
{
    int *fd = &APR_ARRAY_IDX(retained->descriptors, sock->place, int);

    if (sock->is_unix)
        remove_path(sock->address);
    close(*fd);
    *fd = -1;
    apr_hash_set(retained->sockets, sock->address, APR_HASH_KEY_STRING, NULL);
}

/* A Unix socket that stays gets the group and mode that it is to have now. */
static const char *adjust(const anonid_listen_t *configured, socket_t *sock,
                          apr_pool_t *pool)
{
    const char *name, *error;
    int folder;

    if (!sock->is_unix
        || (sock->mode == mode_of(configured)
            && sock->group == configured->group))
        return NULL;
    error =
        anonid_trusted_open(split(sock->address, &name, pool), &folder, pool);
    if (error)
        return error;
    error = set_access(configured, folder, name, pool);
    close(folder);
    sock->mode = mode_of(configured);
    sock->group = configured->group;
    return error;
}

/* ---- all of them ---- */

static int is_wanted(const char *address)
{
    const apr_array_header_t *listens = anonid_global()->listens;

    for (int i = 0; i < listens->nelts; i++) {
        const anonid_listen_t *configured =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *);

        if (strcmp(configured->listener->address, address) == 0)
            return 1;
    }
    return 0;
}

/* all: also what the configuration has. The current entry may be removed from
 * a hash while it is iterated over. */
static void close_unwanted(anonid_retained_t *retained, int all)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(NULL, retained->sockets); i;
         i = apr_hash_next(i)) {
        const socket_t *sock = apr_hash_this_val(i);

        if (all || !is_wanted(sock->address))
            close_one(retained, sock);
    }
}

static const char *have(anonid_retained_t *retained,
                        const anonid_listen_t *configured, apr_pool_t *pool)
{
    socket_t *sock = apr_hash_get(
        retained->sockets, configured->listener->address, APR_HASH_KEY_STRING);

    return sock ? adjust(configured, sock, pool)
                : open_one(retained, configured, pool);
}

const char *anonid_listening_open(anonid_retained_t *retained, server_rec *s,
                                  apr_pool_t *pool)
{
    const apr_array_header_t *listens = anonid_global()->listens;

    close_unwanted(retained, 0);
    for (int i = 0; i < listens->nelts; i++) {
        const anonid_listen_t *configured =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *);
        const char *url = configured->listener->url;
        const char *error = have(retained, configured, pool);

        if (error && !retained->was_ready)
            return apr_psprintf(pool, "AnonIDMailListen '%s': %s", url, error);
        if (error)
            anonid_report(s, APLOG_ERR,
                          ANONID_LOGNO(0020) "AnonIDMailListen '%s' has no "
                                             "effect: %s. Then restart httpd.",
                          url, error);
    }
    return NULL;
}

int anonid_listening_fd(const anonid_retained_t *retained, const char *address)
{
    const socket_t *sock =
        apr_hash_get(retained->sockets, address, APR_HASH_KEY_STRING);

    return sock ? APR_ARRAY_IDX(retained->descriptors, sock->place, int) : -1;
}

void anonid_listening_close(anonid_retained_t *retained)
{
    close_unwanted(retained, 1);
}
