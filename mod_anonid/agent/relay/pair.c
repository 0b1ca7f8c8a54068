/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relaying; see pair.h. A side is done when its peer has said its last and the
 * other side has taken all of it.
 */
#include "agent/relay/pair.h"
#include "agent/status/mail.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define IDLE_LIMIT (40 * 60)
#define TLS_QUIET_LIMIT 3
#define HALF_CLOSED_LIMIT 30

/* A peer that has vanished is noticed within five minutes. */
#define KEEPALIVE_IDLE 120
#define KEEPALIVE_INTERVAL 60
#define KEEPALIVE_COUNT 3
#define USER_TIMEOUT (5 * 60 * 1000)

typedef struct side_t {
    struct bufferevent *bev;
    struct side_t *other;
    anonid_relay_pair_t *pair;
    int ended;  /* it sends nothing more */
    int failed; /* ... nor takes anything in */
    int shut;   /* it was told that nothing more comes */
} side_t;

struct anonid_relay_pair_t {
    side_t client, server;
    struct event *timer;
    time_t last;  /* something came or left */
    time_t limit; /* seconds for which nothing may */
    int listener; /* in the status table; -1: none */
    void (*ended)(void *context);
    void *context;
};

/* A clock that nobody sets. */
static time_t now(void)
{
    struct timespec moment;

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &moment);
    return moment.tv_sec;
}

static void set_timer(anonid_relay_pair_t *pair, time_t seconds)
{
    const struct timeval delay = { seconds, 0 };

    (void)event_add(pair->timer, &delay);
}

static void set_limit(anonid_relay_pair_t *pair, time_t seconds)
{
    pair->last = now();
    pair->limit = seconds;
    set_timer(pair, seconds);
}

static size_t waiting_for(const side_t *side)
{
    if (side->failed)
        return 0;
    return evbuffer_get_length(bufferevent_get_output(side->bev));
}

/* ---- the end ---- */

/* The owner hears of it, once. */
static void end(anonid_relay_pair_t *pair)
{
    bufferevent_setcb(pair->client.bev, NULL, NULL, NULL, NULL);
    bufferevent_setcb(pair->server.bev, NULL, NULL, NULL, NULL);
    (void)event_del(pair->timer);
    pair->ended(pair->context);
}

/* Nobody is left to answer: the server has said its last, one of them has
 * failed, or both have ended. */
static int is_over(const anonid_relay_pair_t *pair)
{
    const side_t *client = &pair->client, *server = &pair->server;

    if (client->failed || server->failed || (client->ended && server->ended))
        return waiting_for(client) == 0 && waiting_for(server) == 0;
    return server->ended && waiting_for(client) == 0;
}

/* In TLS there is no half of a connection that ends: servers take the client's
 * close_notify for the end of both and drop what they still owe it (Dovecot
 * 2.3), so they are not told, but left when they have said nothing for a
 * moment. */
static void tell_end(side_t *side)
{
    side->shut = 1;
    if (bufferevent_openssl_get_ssl(side->bev))
        set_limit(side->pair, TLS_QUIET_LIMIT);
    else
        (void)shutdown(bufferevent_getfd(side->bev), SHUT_WR);
}

/* Looks at what is left to do. The pair may be gone afterwards. */
static void look(anonid_relay_pair_t *pair)
{
    side_t *sides[] = { &pair->client, &pair->server };

    for (int i = 0; i < 2; i++) {
        side_t *side = sides[i];

        if (side->other->ended && !side->shut && !side->failed
            && waiting_for(side) == 0)
            tell_end(side);
    }
    if (is_over(pair))
        end(pair);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    anonid_relay_pair_t *pair = context;
    time_t left = pair->last + pair->limit - now();

    (void)fd;
    (void)what;
    if (left > 0)
        set_timer(pair, left);
    else
        end(pair);
}

/* ---- octets ---- */

static void count(const side_t *side, size_t octets)
{
    const anonid_relay_pair_t *pair = side->pair;
    const int to_server = side == &pair->client;

    if (octets > 0)
        anonid_status_mail_relayed(pair->listener, to_server ? octets : 0,
                                   to_server ? 0 : octets);
}

static void move(side_t *side)
{
    struct evbuffer *in = bufferevent_get_input(side->bev);

    count(side, evbuffer_get_length(in));
    if (side->other->failed)
        (void)evbuffer_drain(in, evbuffer_get_length(in));
    else
        (void)evbuffer_add_buffer(bufferevent_get_output(side->other->bev),
                                  in);
    if (waiting_for(side->other) >= ANONID_RELAY_PAIR_HIGH)
        (void)bufferevent_disable(side->bev, EV_READ);
}

static void on_input(struct bufferevent *bev, void *context)
{
    side_t *side = context;

    (void)bev;
    side->pair->last = now();
    move(side);
}

/* This side has taken in most of what there was: the other is read again. */
static void on_drained(struct bufferevent *bev, void *context)
{
    side_t *side = context;

    (void)bev;
    side->pair->last = now();
    if (!side->other->ended)
        (void)bufferevent_enable(side->other->bev, EV_READ);
    else
        look(side->pair);
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
    side_t *side = context;

    (void)bev;
    if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
        return;
    move(side);
    side->ended = 1;
    side->failed |= (what & BEV_EVENT_ERROR) != 0;
    set_limit(side->pair, HALF_CLOSED_LIMIT);
    look(side->pair);
}

/* ---- the beginning ---- */

/* These fail for Unix sockets, which need none of it. */
static void keep_alive(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE },
        { IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL },
        { IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT },
        { IPPROTO_TCP, TCP_NODELAY, 1 },
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        (void)setsockopt(fd, options[i].level, options[i].name,
                         &options[i].value, sizeof(options[i].value));
}

static void begin(anonid_relay_pair_t *pair, side_t *side, side_t *other,
                  struct bufferevent *bev)
{
    side->bev = bev;
    side->other = other;
    side->pair = pair;
    keep_alive(bufferevent_getfd(bev));
    bufferevent_setcb(bev, on_input, on_drained, on_event, side);
    bufferevent_setwatermark(bev, EV_READ, 0, ANONID_RELAY_PAIR_HIGH);
    bufferevent_setwatermark(bev, EV_WRITE, ANONID_RELAY_PAIR_LOW, 0);
}

anonid_relay_pair_t *anonid_relay_pair_start(struct event_base *base,
                                             struct bufferevent *client,
                                             struct bufferevent *server,
                                             void (*ended)(void *context),
                                             void *context)
{
    anonid_relay_pair_t *pair = calloc(1, sizeof(*pair));

    if (pair)
        pair->timer = evtimer_new(base, on_timer, pair);
    if (!pair || !pair->timer) {
        bufferevent_free(client);
        bufferevent_free(server);
        free(pair);
        return NULL;
    }
    pair->ended = ended;
    pair->context = context;
    pair->listener = -1;
    begin(pair, &pair->client, &pair->server, client);
    begin(pair, &pair->server, &pair->client, server);
    (void)bufferevent_enable(client, EV_READ | EV_WRITE);
    (void)bufferevent_enable(server, EV_READ | EV_WRITE);
    move(&pair->client);
    move(&pair->server);
    set_limit(pair, IDLE_LIMIT);
    return pair;
}

void anonid_relay_pair_count(anonid_relay_pair_t *pair, int listener)
{
    pair->listener = listener;
}

void anonid_relay_pair_close(anonid_relay_pair_t *pair)
{
    if (!pair)
        return;
    event_free(pair->timer);
    bufferevent_free(pair->client.bev);
    bufferevent_free(pair->server.bev);
    free(pair);
}
