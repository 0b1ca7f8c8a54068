/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers and anonidctl; see clients.h.
 *
 *   ASKING  -> (a whole request) -> BUSY -> (reply) -> ASKING
 *
 * Each state has its deadline. A frame in any state but ASKING cuts the
 * client, and so does the end of its socket.
 *
 * One process has at most its share of the places, and root has places that
 * nobody else gets. Are all places taken, the process that has the most gives
 * one up that asks for nothing.
 */
#include "agent/request/clients.h"
#include "agent/base/link.h"
#include "agent/base/log.h"
#include "agent/request/peers.h"
#include "agent/request/requests.h"
#include "agent/status/table.h"

#include "common/lognos.h"
#include "common/monotonic.h"
#include "common/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ASK_TIMEOUT apr_time_from_sec(10)
#define IDLE_TIMEOUT apr_time_from_sec(60)
#define RETRY_ACCEPT 1 /* seconds, when descriptors have run out */

typedef enum {
    ASKING,
    BUSY
} state_t;

/* One listening socket and what its peers may do. */
typedef struct {
    const char *name;
    int from; /* ANONID_FROM_... */
    int (*may_connect)(int fd);
    uint32_t max_body;
    size_t max_reply;
    unsigned max_clients;
    unsigned share;                   /* of one process that is not root's */
    unsigned for_root;                /* places that only root gets */
    apr_interval_time_t busy_timeout; /* longer than any request may take */
    int fd;
    unsigned n_clients;
    struct event *accept;
    anonid_client_t *clients;
} listener_t;

struct anonid_client_t {
    anonid_link_t link;
    listener_t *listener;
    anonid_client_t *next, **prev;
    anonid_peer_t peer;
    state_t state;
    int given_up; /* to make room */
    void (*cancel)(void *context);
    void *context;
};

static listener_t listeners[] = {
    { .name = "worker",
      .from = ANONID_FROM_WORKER,
      .may_connect = anonid_peers_may_work,
      .max_body = ANONID_WORKER_MAX,
      .max_reply = ANONID_WORKER_MAX,
      .max_clients = ANONID_WORKERS_MAX,
      .share = ANONID_WORKER_SHARE,
      .busy_timeout = apr_time_from_sec(15 * 60),
      .fd = -1 },
    { .name = "anonidctl",
      .from = ANONID_FROM_CTL,
      .may_connect = anonid_peers_may_control,
      .max_body = ANONID_CTL_MAX,
      .max_reply = ANONID_CTL_REPLY_MAX + ANONID_WIRE_HEADER,
      .max_clients = 16,
      .share = 4,
      .for_root = 4,
      .busy_timeout = apr_time_from_sec(2 * 60),
      .fd = -1 },
};

#define N_LISTENERS (sizeof(listeners) / sizeof(listeners[0]))

static struct event_base *loop;

/* ---- one client ---- */

static void enter(anonid_client_t *client, state_t state,
                  apr_interval_time_t timeout)
{
    client->state = state;
    anonid_link_deadline(&client->link, timeout);
}

const anonid_peer_t *anonid_client_peer(const anonid_client_t *client)
{
    return &client->peer;
}

int anonid_client_take_fd(anonid_client_t *client)
{
    return anonid_channel_take_fd(&client->link.channel);
}

int anonid_client_is_operator(const anonid_client_t *client)
{
    return anonid_peers_is_operator(client->link.channel.fd);
}

void anonid_client_wait(anonid_client_t *client, void (*cancel)(void *context),
                        void *context)
{
    client->cancel = cancel;
    client->context = context;
}

void anonid_client_reply(anonid_client_t *client, const anonid_writer_t *w)
{
    anonid_client_reply_with(client, w, NULL, 0);
}

void anonid_client_reply_with(anonid_client_t *client,
                              const anonid_writer_t *w, const int *fds,
                              int nfds)
{
    client->cancel = NULL;
    enter(client, ASKING, IDLE_TIMEOUT);
    anonid_link_send(&client->link, w, fds, nfds);
}

static const char *on_frame(anonid_link_t *link, const anonid_frame_t *frame)
{
    anonid_client_t *client = link->owner;
    const anonid_request_t *request =
        anonid_request_find(frame, client->listener->from);

    if (!request)
        return "it sent a message that it may not send";
    if (client->state != ASKING)
        return "it asked again before the answer";
    enter(client, BUSY, client->listener->busy_timeout);
    request->handle(client, frame);
    return NULL;
}

static void free_client(anonid_client_t *client)
{
    *client->prev = client->next;
    if (client->next)
        client->next->prev = client->prev;
    anonid_link_close(&client->link);
    free(client);
}

static void on_ended(anonid_link_t *link, const char *why)
{
    anonid_client_t *client = link->owner;
    listener_t *listener = client->listener;

    if (client->cancel)
        client->cancel(client->context);
    if (why && !client->given_up)
        anonid_log(ANONID_LOG_INFO, "A connection of a %s was cut: %s",
                   listener->name, why);
    free_client(client);
    if (--listener->n_clients < listener->max_clients)
        event_add(listener->accept, NULL);
}

static const anonid_link_ops_t link_ops = { on_frame, on_ended };

/* ---- places ---- */

/* Places that are taken: by that process; without one (0), by all but root. */
static unsigned taken_by(const listener_t *listener, pid_t pid)
{
    unsigned n = 0;

    for (const anonid_client_t *c = listener->clients; c; c = c->next)
        n += pid ? c->peer.pid == pid : c->peer.uid != 0;
    return n;
}

/* The one that asks for nothing whose process has the most places; among
 * equals the oldest. */
static anonid_client_t *find_idle(const listener_t *listener)
{
    anonid_client_t *found = NULL;
    unsigned most = 0;

    for (anonid_client_t *c = listener->clients; c; c = c->next) {
        unsigned n;

        if (c->state != ASKING || c->given_up)
            continue;
        n = taken_by(listener, c->peer.pid);
        if (n < most)
            continue;
        most = n;
        found = c;
    }
    return found;
}

/* All places are taken: one is given up, or the next peer has to wait. */
static void make_room(listener_t *listener)
{
    anonid_client_t *idle = find_idle(listener);

    if (!idle) {
        event_del(listener->accept);
        return;
    }
    idle->given_up = 1;
    anonid_link_finish(&idle->link);
}

/* Said at most once a minute: who is refused may well go on. */
static void log_refused(const listener_t *listener, const anonid_peer_t *peer)
{
    static apr_time_t last;
    apr_time_t now = anonid_monotonic_now();

    anonid_status_table_count(ANONID_COUNT_connections_refused);
    if (last && now - last < apr_time_from_sec(60))
        return;
    last = now;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0047) "Process %ld of uid %ld has taken its share "
                                  "of %u connections of a %s; more of them "
                                  "are refused. If it is no worker of httpd, "
                                  "find out what it is",
               (long)peer->pid, (long)peer->uid, listener->share,
               listener->name);
}

static int may_come(const listener_t *listener, const anonid_peer_t *peer)
{
    if (peer->uid == 0 && listener->for_root)
        return 1;
    if (listener->for_root
        && taken_by(listener, 0) + listener->for_root >= listener->max_clients)
        return 0;
    if (taken_by(listener, peer->pid) < listener->share)
        return 1;
    log_refused(listener, peer);
    return 0;
}

static void welcome(listener_t *listener, int fd, const anonid_peer_t *peer)
{
    anonid_client_t *client = calloc(1, sizeof(*client));

    if (!client) {
        close(fd);
        return;
    }
    client->listener = listener;
    client->peer = *peer;
    if (anonid_link_open(&client->link, loop, fd, listener->max_body,
                         listener->max_reply, &link_ops, client)
        != APR_SUCCESS) {
        free(client);
        return;
    }
    client->next = listener->clients;
    client->prev = &listener->clients;
    if (client->next)
        client->next->prev = &client->next;
    listener->clients = client;
    listener->n_clients++;
    enter(client, ASKING, ASK_TIMEOUT);
}

/* ---- listening ---- */

static void resume(evutil_socket_t fd, short what, void *data)
{
    listener_t *listener = data;

    (void)fd;
    (void)what;
    if (listener->accept && listener->n_clients < listener->max_clients)
        event_add(listener->accept, NULL);
}

/* Listens again after a while: there are no descriptors just now. */
static void pause_listener(listener_t *listener)
{
    const struct timeval delay = { RETRY_ACCEPT, 0 };

    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0042) "No connection of a %s can be accepted: %s; "
                                  "raise the limit of open files (ulimit -n)",
               listener->name, strerror(errno));
    event_del(listener->accept);
    event_base_once(loop, -1, EV_TIMEOUT, resume, listener, &delay);
}

static int is_out_of_descriptors(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS
           || error == ENOMEM;
}

static void on_connection(evutil_socket_t fd, short what, void *data)
{
    listener_t *listener = data;
    int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    anonid_peer_t peer;

    (void)what;
    if (socket < 0) {
        if (is_out_of_descriptors(errno))
            pause_listener(listener);
        return;
    }
    if (!listener->may_connect(socket)
        || anonid_channel_peer(socket, &peer) != APR_SUCCESS
        || !may_come(listener, &peer)) {
        close(socket);
        return;
    }
    welcome(listener, socket, &peer);
    if (listener->n_clients >= listener->max_clients)
        make_room(listener);
}

static apr_status_t start(listener_t *listener, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    listener->fd = fd;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return errno;
    listener->accept =
        event_new(loop, fd, EV_READ | EV_PERSIST, on_connection, listener);
    if (!listener->accept || event_add(listener->accept, NULL) != 0)
        return APR_ENOMEM;
    return APR_SUCCESS;
}

apr_status_t anonid_clients_listen(struct event_base *base, int workers,
                                   int ctl)
{
    apr_status_t rv;

    loop = base;
    rv = start(&listeners[0], workers);
    if (rv != APR_SUCCESS) {
        close(ctl);
        return rv;
    }
    return start(&listeners[1], ctl);
}

struct event_base *anonid_client_base(void)
{
    return loop;
}

static void stop(listener_t *listener)
{
    while (listener->clients) {
        anonid_client_t *client = listener->clients;

        if (client->cancel)
            client->cancel(client->context);
        free_client(client);
    }
    listener->n_clients = 0;
    if (listener->accept)
        event_free(listener->accept);
    listener->accept = NULL;
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

void anonid_clients_stop(void)
{
    for (size_t i = 0; i < N_LISTENERS; i++)
        stop(&listeners[i]);
}
