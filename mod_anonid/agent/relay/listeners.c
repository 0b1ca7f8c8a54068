/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listeners; see listeners.h. One that is not configured any more stays in
 * memory, closed, until its last client has gone.
 */
#include "agent/relay/listeners.h"
#include "agent/base/log.h"
#include "agent/logon/config.h"
#include "agent/net/own.h"
#include "agent/relay/protocol.h"
#include "agent/status/mail.h"
#include "agent/status/table.h"

#include "common/lognos.h"
#include "common/monotonic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that are accepted before others get their turn. */
#define BATCH 64

#define LOOK_MICROSECONDS 250000

#define RETRY_ACCEPT 1              /* seconds, when descriptors run out */
#define QUIET apr_time_from_sec(60) /* between lines about the same thing */

typedef struct listener_t {
    struct listener_t *next;
    const anonid_listener_protocol_t *protocol;
    anonid_relay_origin_t origin; /* its config is held */
    int fd;                       /* -1: closed */
    int wanted;                   /* while a configuration is applied */
    struct event *accept;
    struct event *retry;
    struct event *parting;
    int parting_fd; /* of a stranger who is looked at; -1: none */
    unsigned n_clients;
    apr_time_t told[3]; /* when each kind of line was written last */
} listener_t;

enum {
    TOLD_STRANGER,
    TOLD_BUSY,
    TOLD_DESCRIPTORS
};

static struct event_base *loop;
static listener_t *listeners;
static anonid_relay_stranger_t report_stranger;

/* ---- lines in the log ---- */

/* At most one of a kind each minute: who is refused may well go on. */
static int may_tell(listener_t *listener, int kind)
{
    const apr_time_t now = anonid_monotonic_now();

    if (listener->told[kind] && now - listener->told[kind] < QUIET)
        return 0;
    listener->told[kind] = now;
    return 1;
}

static const char *url_of(const listener_t *listener)
{
    return listener->origin.listener->url;
}

static void tell_nobody(const listener_t *listener)
{
    anonid_log(
        ANONID_LOG_INFO,
        "A connection to AnonIDMailListen '%s' was refused: the process "
        "at its other end has closed it already, or cannot be found",
        url_of(listener));
}

static void tell_busy(listener_t *listener)
{
    if (may_tell(listener, TOLD_BUSY))
        anonid_log(ANONID_LOG_WARNING,
                   ANONID_LOGNO(0049) "AnonIDMailListen '%s' has all of its "
                                      "%u connections, and more are refused; "
                                      "raise its max=, or find out which "
                                      "application keeps them",
                   url_of(listener), listener->origin.listener->max);
}

static void tell_descriptors(listener_t *listener, int error)
{
    if (may_tell(listener, TOLD_DESCRIPTORS))
        anonid_log(ANONID_LOG_WARNING,
                   ANONID_LOGNO(0042) "No connection to AnonIDMailListen '%s' "
                                      "can be accepted: %s; raise the limit "
                                      "of open files (ulimit -n)",
                   url_of(listener), strerror(error));
}

/* ---- life ---- */

static void close_listener(listener_t *listener)
{
    if (listener->accept)
        event_free(listener->accept);
    if (listener->retry)
        event_free(listener->retry);
    if (listener->parting)
        event_free(listener->parting);
    if (listener->parting_fd >= 0)
        close(listener->parting_fd);
    listener->accept = listener->retry = listener->parting = NULL;
    listener->parting_fd = -1;
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

static void free_listener(listener_t *listener)
{
    listener_t **at = &listeners;

    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    close_listener(listener);
    anonid_config_drop(listener->origin.config);
    free(listener);
}

static int slot_of(const listener_t *listener)
{
    return listener->origin.listener->slot;
}

static void on_gone(void *context)
{
    listener_t *listener = context;

    anonid_status_mail_client_gone(slot_of(listener));
    listener->n_clients--;
    if (listener->fd < 0 && listener->n_clients == 0)
        free_listener(listener);
}

/* ---- connections ---- */

/* Says one line and closes. */
static void refuse(const listener_t *listener, int fd, const char *line)
{
    anonid_status_table_count(ANONID_COUNT_listener_clients_refused);
    anonid_status_mail_client_refused(slot_of(listener));
    (void)send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
    anonid_relay_hang_up(fd);
}

static void on_parting(evutil_socket_t unused, short what, void *context)
{
    listener_t *listener = context;
    int fd = listener->parting_fd;

    (void)unused;
    (void)what;
    listener->parting_fd = -1;
    refuse(listener, fd, listener->protocol->stranger);
}

/* Who is to be told about is kept waiting for its line for a moment, so that
 * it still is there when the supervisor looks at it. */
static void refuse_stranger(listener_t *listener, int fd)
{
    const struct timeval delay = { 0, LOOK_MICROSECONDS };

    if (listener->parting_fd >= 0 || !may_tell(listener, TOLD_STRANGER)) {
        refuse(listener, fd, listener->protocol->stranger);
        return;
    }
    report_stranger(url_of(listener), &listener->origin.caller);
    listener->parting_fd = fd;
    (void)event_add(listener->parting, &delay);
}

static void welcome(listener_t *listener, int fd)
{
    const anonid_relay_accepted_t accepted = { loop, listener->protocol,
                                               &listener->origin, on_gone,
                                               listener };

    if (!anonid_relay_client_open(&accepted, fd))
        return;
    listener->n_clients++;
    anonid_status_table_count(ANONID_COUNT_listener_clients);
    anonid_status_mail_client_came(slot_of(listener));
}

static void receive(listener_t *listener, int fd)
{
    anonid_caller_t *caller = &listener->origin.caller;

    if (!anonid_caller_find(fd, caller)) {
        tell_nobody(listener);
        refuse(listener, fd, listener->protocol->stranger);
        return;
    }
    if (!anonid_listener_admits(listener->origin.listener, caller->uid)) {
        refuse_stranger(listener, fd);
        return;
    }
    if (listener->n_clients >= listener->origin.listener->max) {
        tell_busy(listener);
        refuse(listener, fd, listener->protocol->busy);
        return;
    }
    welcome(listener, fd);
}

static int is_out_of_descriptors(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS
           || error == ENOMEM;
}

/* Listens again after a while; who connects meanwhile waits. */
static void pause_accepting(listener_t *listener, int error)
{
    const struct timeval delay = { RETRY_ACCEPT, 0 };

    tell_descriptors(listener, error);
    (void)event_del(listener->accept);
    (void)event_add(listener->retry, &delay);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    listener_t *listener = context;

    (void)fd;
    (void)what;
    (void)event_add(listener->accept, NULL);
}

static void on_connection(evutil_socket_t fd, short what, void *context)
{
    listener_t *listener = context;

    (void)what;
    for (int i = 0; i < BATCH; i++) {
        int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int error = accepted < 0 ? errno : 0;

        if (!error)
            receive(listener, accepted);
        else if (is_out_of_descriptors(error))
            pause_accepting(listener, error);
        if (error && error != ECONNABORTED && error != EINTR)
            break;
    }
}

/* ---- configurations ---- */

static listener_t *find(const char *address)
{
    for (listener_t *l = listeners; l; l = l->next) {
        if (l->fd >= 0 && strcmp(l->origin.listener->address, address) == 0)
            return l;
    }
    return NULL;
}

static listener_t *make(void)
{
    listener_t *listener = calloc(1, sizeof(*listener));

    if (!listener)
        abort();
    listener->fd = listener->parting_fd = -1;
    listener->next = listeners;
    listeners = listener;
    return listener;
}

/* What it is now; its socket may be another one, too. */
static void configure(listener_t *listener, anonid_config_t *config,
                      anonid_config_listener_t *configured)
{
    anonid_config_drop(listener->origin.config);
    listener->wanted = 1;
    listener->protocol =
        anonid_listener_protocol_find(configured->listener->protocol);
    listener->origin.listener = configured->listener;
    listener->origin.config = anonid_config_hold(config);
    listener->origin.account = configured->account;
    listener->origin.service = configured->service;
    close_listener(listener);
    anonid_own_add(&configured->listener->socket.any);
    listener->fd = configured->fd;
    configured->fd = -1;
    listener->accept = event_new(loop, listener->fd, EV_READ | EV_PERSIST,
                                 on_connection, listener);
    listener->retry = evtimer_new(loop, on_retry, listener);
    listener->parting = evtimer_new(loop, on_parting, listener);
    if (!listener->accept || !listener->retry || !listener->parting
        || event_add(listener->accept, NULL) != 0)
        abort();
}

/* Closes the listeners that the configuration does not have. */
static void close_others(void)
{
    for (listener_t *l = listeners, *next; l; l = next) {
        next = l->next;
        if (l->wanted)
            continue;
        close_listener(l);
        if (l->n_clients == 0)
            free_listener(l);
    }
}

void anonid_relay_start(struct event_base *base,
                        anonid_relay_stranger_t stranger)
{
    loop = base;
    report_stranger = stranger;
}

void anonid_relay_apply(anonid_config_t *config)
{
    for (listener_t *l = listeners; l; l = l->next)
        l->wanted = 0;
    anonid_own_clear();
    if (config->listeners->nelts > 0 && !anonid_caller_start())
        anonid_log(ANONID_LOG_WARNING,
                   ANONID_LOGNO(0050) "The kernel cannot be asked whose TCP "
                                      "connections are (%s), so that those "
                                      "to AnonIDMailListen are refused; use "
                                      "Unix sockets",
                   strerror(errno));
    for (int i = 0; i < config->listeners->nelts; i++) {
        anonid_config_listener_t *configured =
            &APR_ARRAY_IDX(config->listeners, i, anonid_config_listener_t);
        listener_t *listener = find(configured->listener->address);

        if (!anonid_listener_protocol_find(configured->listener->protocol))
            continue;
        configure(listener ? listener : make(), config, configured);
    }
    close_others();
}

void anonid_relay_stop(void)
{
    for (listener_t *l = listeners; l; l = l->next)
        l->n_clients = 0;
    anonid_relay_clients_close();
    while (listeners)
        free_listener(listeners);
    anonid_own_clear();
}
