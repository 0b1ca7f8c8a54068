/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of AnonIDMailListen: each listener stands for the account and
 * the mail service of the server that it is written in, and is reached where
 * nobody else can put another socket.
 */
#include "module/validate/validate.h"
#include "module/supervisor/statedir.h"
#include "module/files/trusted.h"

#include <apr_strings.h>
#include <errno.h>
#include <sys/stat.h>
#include <unixd.h>

/* What is wrong with a listener, with its line. */
#define report(check, listen, format, ...)                                    \
    anonid_check_error(check, (listen)->directive,                            \
                       "AnonIDMailListen '%s': " format,                      \
                       (listen)->listener->url, __VA_ARGS__)

/* How a server of that protocol is named in a service. */
static const char *const schemes[] = {
    [ANONID_MAIL_SUBMISSION] = "submission",
    [ANONID_MAIL_IMAP] = "imap",
    [ANONID_MAIL_POP3] = "pop3",
};

static const char *protocol_of(const anonid_listen_t *listen)
{
    return schemes[listen->listener->protocol];
}

/* ---- account and service ---- */

/* An error in the name itself has been reported. */
static void find_account(anonid_check_t *check, anonid_listen_t *listen)
{
    const anonid_reference_t *map_to =
        anonid_dir_of_server(listen->server)->map_to;

    if (map_to && map_to->account)
        listen->listener->account = map_to->account->name;
    else if (!map_to || map_to->none)
        report(check, listen, "no account is mapped here; add AnonIDMapTo %s",
               "to this server, outside of all sections");
}

static void find_service(anonid_check_t *check, anonid_listen_t *listen)
{
    const anonid_reference_t *mail =
        anonid_dir_of_server(listen->server)->mail;
    const anonid_service_t *service = mail ? mail->service : NULL;

    if (!mail)
        report(check, listen,
               "no mail service is used here; add AnonIDMail %s",
               "to this server, outside of all sections");
    if (!service)
        return;
    listen->listener->service = service->name;
    if (!anonid_service_speaks(service, listen->listener->protocol))
        report(check, listen,
               "its <AnonIDMailService %s> has no %s server; add "
               "AnonIDMailServer %s://HOST",
               service->name, protocol_of(listen), protocol_of(listen));
}

/* ---- who may connect ---- */

static void fill_users(anonid_listen_t *listen)
{
    apr_array_header_t *uids = listen->listener->uids;

    if (listen->has_users)
        return;
    APR_ARRAY_PUSH(uids, uint32_t) =
        (uint32_t)(geteuid() == 0 ? ap_unixd_config.user_id : geteuid());
    APR_ARRAY_PUSH(uids, uint32_t) = 0;
}

/* ---- where ---- */

static void check_address(anonid_check_t *check, const anonid_listen_t *listen,
                          apr_hash_t *seen)
{
    const char *address = listen->listener->address;
    const anonid_listen_t *other =
        apr_hash_get(seen, address, APR_HASH_KEY_STRING);

    if (other)
        report(check, listen,
               "%s is listened on twice (the first is on line %d of %s); give "
               "each listener an address of its own",
               address, other->directive->line_num,
               other->directive->filename);
    else
        apr_hash_set(seen, address, APR_HASH_KEY_STRING, listen);
}

static const char *folder_of(apr_pool_t *p, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash > path ? apr_pstrmemdup(p, path, (apr_size_t)(slash - path))
                        : "/";
}

/* Also in a sticky folder others could put their socket there before us. */
static const char *wrong_folder(apr_pool_t *p, const char *folder)
{
    struct stat st;

    if (stat(folder, &st) != 0)
        return apr_psprintf(p, "the folder %s cannot be used: %s; create it",
                            folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return apr_psprintf(p, "%s is no folder; name another path", folder);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return apr_psprintf(p,
                            "the folder %s (mode %04o) can be written by "
                            "others, who could put another socket there; "
                            "name a path in a folder of root's own",
                            folder, (unsigned)st.st_mode & 07777);
    return anonid_trusted_check(folder, p);
}

/* The sockets in the state folder that workers and anonidctl use. */
static int is_agents_own(const char *name)
{
    return strcmp(name, ANONID_AGENT_SOCKET) == 0
           || strcmp(name, ANONID_CTL_SOCKET) == 0;
}

/* Whether two names are one folder, as /run/x and /var/run/x are on Debian; it
 * need not be there yet. */
static int is_same_folder(apr_pool_t *p, const char *one, const char *other)
{
    struct stat a, b;

    if (stat(one, &a) == 0 && stat(other, &b) == 0)
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return strcmp(strrchr(one, '/'), strrchr(other, '/')) == 0
           && is_same_folder(p, folder_of(p, one), folder_of(p, other));
}

/* What is wrong with the path of a socket. The start makes the state folder
 * and looks at it. */
static const char *wrong_path(apr_pool_t *p, const char *path)
{
    const char *folder = folder_of(p, path);
    const char *wrong;
    struct stat st;

    if (is_same_folder(p, folder, anonid_global()->state_dir))
        return is_agents_own(strrchr(path, '/') + 1)
                   ? "that socket is the agent's own; name another path"
                   : NULL;
    wrong = wrong_folder(p, folder);
    if (!wrong && lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        wrong = "what is there is no socket; name another path";
    return wrong;
}

static void check_path(anonid_check_t *check, const anonid_listen_t *listen)
{
    const anonid_listener_t *listener = listen->listener;
    const char *wrong;

    if (!anonid_listener_is_unix(listener) || anonid_config_is_restart())
        return;
    wrong = wrong_path(check->p, listener->address);
    if (wrong)
        report(check, listen, "%s", wrong);
}

/* The port of a TCP listener; 0 of others. */
static int port_of(const anonid_listener_t *listener)
{
    if (listener->socket.any.sa_family == AF_INET)
        return ntohs(listener->socket.v4.sin_port);
    if (listener->socket.any.sa_family == AF_INET6)
        return ntohs(listener->socket.v6.sin6_port);
    return 0;
}

/* A service whose server is a listener of our own would serve itself, round
 * and round. */
static void check_loop(anonid_check_t *check, const anonid_listen_t *listen)
{
    const apr_array_header_t *services = anonid_global()->services;

    for (int i = 0; i < services->nelts; i++) {
        const anonid_service_t *service =
            APR_ARRAY_IDX(services, i, anonid_service_t *);

        for (int n = 0; n < service->servers->nelts; n++) {
            const anonid_mail_server_t *server =
                &APR_ARRAY_IDX(service->servers, n, anonid_mail_server_t);

            if (server->loopback && server->port == port_of(listen->listener))
                report(check, listen,
                       "that is the server %s of <AnonIDMailService %s>, "
                       "which would go round in a loop; give the listener "
                       "another port",
                       server->url, service->name);
        }
    }
}

void anonid_check_listeners(anonid_check_t *check)
{
    const apr_array_header_t *listens = anonid_global()->listens;
    apr_hash_t *seen = apr_hash_make(check->p);

    for (int i = 0; i < listens->nelts; i++) {
        anonid_listen_t *listen = APR_ARRAY_IDX(listens, i, anonid_listen_t *);

        find_account(check, listen);
        find_service(check, listen);
        fill_users(listen);
        check_address(check, listen, seen);
        check_path(check, listen);
        check_loop(check, listen);
    }
}
