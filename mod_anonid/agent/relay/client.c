/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of a listener; see client.h.
 *
 *   TALKING -> (finish) -> FINISHING -> (written) -> over
 *           -> (join)   -> JOINED    -> (pair ended) -> over
 *
 * Whatever ends a client does so by way of its deadline, which the loop runs:
 * so nothing is freed inside a call.
 */
#include "agent/relay/client.h"
#include "agent/relay/pair.h"
#include "agent/relay/protocol.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_DEADLINE 60
#define FINISH_DEADLINE 10
#define LINE_MAX_OCTETS 1024
#define INPUT_FIRST 4096
#define UNREAD_READS 64 /* who sends still more is not waited for */

typedef enum {
    TALKING,
    FINISHING,
    JOINED,
    OVER
} state_t;

struct anonid_relay_client_t {
    anonid_relay_origin_t origin;
    anonid_relay_accepted_t accepted;
    anonid_relay_client_t *next, **prev;
    state_t state;
    int fd;
    struct event *readable, *writable, *deadline;
    char *in;
    size_t in_length, in_capacity;
    int is_held;
    int in_input;   /* its dialogue is looking at what came */
    int has_ended;  /* it sends nothing more */
    int was_high;   /* `drained` is owed */
    void *dialogue; /* NULL: it has not begun */
    struct evbuffer *out;
    struct bufferevent *server; /* to be joined to */
    anonid_relay_pair_t *pair;
};

static anonid_relay_client_t *clients;

const anonid_relay_origin_t *
anonid_relay_client_origin(const anonid_relay_client_t *client)
{
    return &client->origin;
}

struct event_base *
anonid_relay_client_base(const anonid_relay_client_t *client)
{
    return client->accepted.base;
}

/* ---- the end ---- */

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

static void wipe_input(anonid_relay_client_t *client)
{
    if (client->in)
        explicit_bzero(client->in, client->in_capacity);
    free(client->in);
    client->in = NULL;
    client->in_length = client->in_capacity = 0;
}

void anonid_relay_hang_up(int fd)
{
    char octets[4096];
    ssize_t n = 1;

    (void)shutdown(fd, SHUT_WR);
    for (int i = 0; i < UNREAD_READS && n > 0; i++)
        n = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);
    explicit_bzero(octets, sizeof(octets));
    close(fd);
}

/* What only a client has that is not joined. */
static void drop_connection(anonid_relay_client_t *client)
{
    free_event(&client->readable);
    free_event(&client->writable);
    wipe_input(client);
    if (client->out)
        evbuffer_free(client->out);
    client->out = NULL;
    if (client->fd >= 0)
        anonid_relay_hang_up(client->fd);
    client->fd = -1;
}

static void free_client(anonid_relay_client_t *client)
{
    *client->prev = client->next;
    if (client->next)
        client->next->prev = client->prev;
    drop_connection(client);
    free_event(&client->deadline);
    anonid_relay_pair_close(client->pair);
    if (client->server)
        bufferevent_free(client->server);
    if (client->dialogue)
        client->accepted.protocol->closed(client->dialogue);
    anonid_config_drop(client->origin.config);
    free(client);
}

/* The loop frees it. */
static void end(anonid_relay_client_t *client)
{
    if (client->state == OVER)
        return;
    client->state = OVER;
    if (client->readable)
        (void)event_del(client->readable);
    if (client->writable)
        (void)event_del(client->writable);
    event_active(client->deadline, EV_TIMEOUT, 0);
}

static void on_deadline(evutil_socket_t fd, short what, void *data)
{
    anonid_relay_client_t *client = data;
    void (*gone)(void *) = client->accepted.gone;
    void *context = client->accepted.context;

    (void)fd;
    (void)what;
    if (client->state == TALKING) {
        if (client->accepted.protocol->overdue)
            client->accepted.protocol->overdue(client->dialogue);
        anonid_relay_client_finish(client);
        return;
    }
    free_client(client);
    if (gone)
        gone(context);
}

void anonid_relay_client_deadline(anonid_relay_client_t *client, int seconds)
{
    const struct timeval delay = { seconds, 0 };

    if (client->state != TALKING)
        return;
    if (seconds > 0)
        (void)event_add(client->deadline, &delay);
    else
        (void)event_del(client->deadline);
}

/* ---- output ---- */

size_t anonid_relay_client_unsent(const anonid_relay_client_t *client)
{
    return client->out ? evbuffer_get_length(client->out) : 0;
}

static void look_at_input(anonid_relay_client_t *client);
static void join_now(anonid_relay_client_t *client);

/* What there is to do when some output has left. */
static void written(anonid_relay_client_t *client)
{
    const size_t unsent = anonid_relay_client_unsent(client);

    if (client->state == FINISHING && unsent == 0)
        end(client);
    if (client->state != TALKING || !client->was_high
        || unsent >= ANONID_RELAY_OUTPUT_HIGH / 4)
        return;
    client->was_high = 0;
    if (client->accepted.protocol->drained)
        client->accepted.protocol->drained(client->dialogue);
    look_at_input(client);
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
    anonid_relay_client_t *client = data;
    int n = evbuffer_write(client->out, fd);

    (void)what;
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        end(client);
        return;
    }
    if (anonid_relay_client_unsent(client) == 0)
        (void)event_del(client->writable);
    written(client);
}

void anonid_relay_client_write(anonid_relay_client_t *client, const void *data,
                               size_t length)
{
    if (client->state != TALKING)
        return;
    if (evbuffer_add(client->out, data, length) != 0
        || anonid_relay_client_unsent(client) > ANONID_RELAY_OUTPUT_MAX) {
        end(client);
        return;
    }
    if (anonid_relay_client_unsent(client) >= ANONID_RELAY_OUTPUT_HIGH)
        client->was_high = 1;
    (void)event_add(client->writable, NULL);
}

void anonid_relay_client_say(anonid_relay_client_t *client, const char *format,
                             ...)
{
    char line[LINE_MAX_OCTETS + 2];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, LINE_MAX_OCTETS + 1, format, args);
    va_end(args);
    if (n < 0)
        return;
    if (n > LINE_MAX_OCTETS)
        n = LINE_MAX_OCTETS;
    memcpy(line + n, "\r\n", 2);
    anonid_relay_client_write(client, line, (size_t)n + 2);
}

void anonid_relay_client_finish(anonid_relay_client_t *client)
{
    const struct timeval delay = { FINISH_DEADLINE, 0 };

    if (client->state != TALKING)
        return;
    client->state = FINISHING;
    (void)event_del(client->readable);
    (void)event_add(client->deadline, &delay);
    if (anonid_relay_client_unsent(client) == 0)
        end(client);
}

/* ---- input ---- */

/* Makes room for more: 1, or 0. */
static int make_room(anonid_relay_client_t *client)
{
    size_t capacity =
        client->in_capacity ? client->in_capacity * 4 : INPUT_FIRST;
    char *in;

    if (client->in_length < client->in_capacity)
        return 1;
    if (client->in_capacity >= ANONID_RELAY_INPUT_MAX)
        return 0;
    in = malloc(capacity);
    if (!in)
        return 0;
    if (client->in_length > 0)
        memcpy(in, client->in, client->in_length);
    if (client->in)
        explicit_bzero(client->in, client->in_capacity);
    free(client->in);
    client->in = in;
    client->in_capacity = capacity;
    return 1;
}

static void consume(anonid_relay_client_t *client, size_t n)
{
    const size_t rest = client->in_length - n;

    memmove(client->in, client->in + n, rest);
    explicit_bzero(client->in + rest, n);
    client->in_length = rest;
    if (rest == 0)
        wipe_input(client);
}

static int wants_input(const anonid_relay_client_t *client)
{
    return client->state == TALKING && !client->is_held && !client->server
           && !client->was_high;
}

/* Hands out what has come, as long as some of it is consumed. */
static void hand_out(anonid_relay_client_t *client)
{
    size_t n = 1;

    client->in_input = 1;
    while (n > 0 && client->in_length > 0 && wants_input(client)) {
        n = client->accepted.protocol->input(client->dialogue, client->in,
                                             client->in_length);
        if (n > client->in_length)
            n = client->in_length;
        if (n > 0)
            consume(client, n);
    }
    client->in_input = 0;
}

/* Reads on, or not: while a client is held what it sends waits in the
 * kernel. */
static void look_at_input(anonid_relay_client_t *client)
{
    if (client->in_input)
        return;
    hand_out(client);
    if (client->server && client->state == TALKING)
        join_now(client);
    if (client->state != TALKING)
        return;
    if (!wants_input(client) || client->has_ended)
        (void)event_del(client->readable);
    else
        (void)event_add(client->readable, NULL);
    if (client->has_ended && wants_input(client))
        anonid_relay_client_finish(client);
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
    anonid_relay_client_t *client = data;
    ssize_t n;

    (void)what;
    if (!make_room(client)) {
        end(client);
        return;
    }
    n = recv(fd, client->in + client->in_length,
             client->in_capacity - client->in_length, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        end(client);
        return;
    }
    client->has_ended = n == 0;
    client->in_length += (size_t)n;
    look_at_input(client);
}

void anonid_relay_client_hold(anonid_relay_client_t *client)
{
    client->is_held = 1;
    if (client->readable)
        (void)event_del(client->readable);
}

void anonid_relay_client_resume(anonid_relay_client_t *client)
{
    client->is_held = 0;
    if (client->state == TALKING)
        look_at_input(client);
}

/* ---- joining ---- */

static void on_pair_ended(void *context)
{
    end(context);
}

/* The pair takes the socket, what is queued for the client, and what it has
 * sent. */
static void join_now(anonid_relay_client_t *client)
{
    const anonid_relay_pairing_t pairing = {
        .base = client->accepted.base,
        .client = client->fd,
        .for_client = client->out,
        .for_server = client->in,
        .length = client->in_length,
        .server = client->server,
        .listener = client->origin.listener->slot,
        .ended = on_pair_ended,
        .context = client,
    };

    free_event(&client->readable);
    free_event(&client->writable);
    (void)event_del(client->deadline);
    client->pair = anonid_relay_pair_start(&pairing);
    client->fd = -1;
    client->server = NULL;
    drop_connection(client);
    client->state = JOINED;
    if (!client->pair)
        end(client);
}

void anonid_relay_client_join(anonid_relay_client_t *client,
                              struct bufferevent *server)
{
    if (client->state != TALKING) {
        bufferevent_free(server);
        return;
    }
    client->server = server;
    if (!client->in_input)
        join_now(client);
}

/* ---- the beginning ---- */

static int make_parts(anonid_relay_client_t *client)
{
    struct event_base *base = client->accepted.base;

    client->readable =
        event_new(base, client->fd, EV_READ | EV_PERSIST, on_readable, client);
    client->writable = event_new(base, client->fd, EV_WRITE | EV_PERSIST,
                                 on_writable, client);
    client->deadline = evtimer_new(base, on_deadline, client);
    client->out = evbuffer_new();
    return client->readable && client->writable && client->deadline
           && client->out;
}

int anonid_relay_client_open(const anonid_relay_accepted_t *accepted, int fd)
{
    anonid_relay_client_t *client = calloc(1, sizeof(*client));

    if (!client) {
        close(fd);
        return 0;
    }
    client->accepted = *accepted;
    client->origin = *accepted->origin;
    client->accepted.origin = &client->origin;
    (void)anonid_config_hold(client->origin.config);
    client->fd = fd;
    client->next = clients;
    client->prev = &clients;
    if (client->next)
        client->next->prev = &client->next;
    clients = client;
    if (make_parts(client)) {
        anonid_relay_client_deadline(client, FIRST_DEADLINE);
        client->dialogue = accepted->protocol->open(client);
    }
    if (!client->dialogue) {
        free_client(client);
        return 0;
    }
    look_at_input(client);
    return 1;
}

void anonid_relay_clients_close(void)
{
    while (clients)
        free_client(clients);
}
