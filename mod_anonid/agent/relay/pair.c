/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relaying; see pair.h. A side is done when its peer has said its last and the
 * other side has taken all of it.
 */
#include "agent/relay/pair.h"
#include "agent/relay/end.h"
#include "agent/status/mail.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IDLE_LIMIT (40 * 60)
#define TLS_QUIET_LIMIT 3
#define HALF_CLOSED_LIMIT 30

/* A peer that has vanished is noticed within five minutes. */
#define KEEPALIVE_IDLE 120
#define KEEPALIVE_INTERVAL 60
#define KEEPALIVE_COUNT 3
#define USER_TIMEOUT (5 * 60 * 1000)

typedef struct side_t {
    anonid_relay_end_t end;
    struct side_t *other;
    anonid_relay_pair_t *pair;
    int ended;  /* it sends nothing more */
    int failed; /* ... nor takes anything in */
    int shut;   /* it was told that nothing more comes */
} side_t;

struct anonid_relay_pair_t {
    side_t client, server;
    struct event timer;
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

    (void)event_add(&pair->timer, &delay);
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
    return anonid_relay_end_unsent(&side->end);
}

/* ---- the end ---- */

/* The owner hears of it, once. */
static void end(anonid_relay_pair_t *pair)
{
    anonid_relay_end_silence(&pair->client.end);
    anonid_relay_end_silence(&pair->server.end);
    (void)event_del(&pair->timer);
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
    if (anonid_relay_end_is_tls(&side->end))
        set_limit(side->pair, TLS_QUIET_LIMIT);
    else
        (void)shutdown(anonid_relay_end_socket(&side->end), SHUT_WR);
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

    anonid_status_mail_relayed(pair->listener, to_server ? octets : 0,
                               to_server ? 0 : octets);
}

static void on_input(void *context, const char *octets, size_t length)
{
    side_t *side = context;

    side->pair->last = now();
    count(side, length);
    if (side->other->failed)
        return;
    anonid_relay_end_write(&side->other->end, octets, length);
    if (waiting_for(side->other) >= ANONID_RELAY_PAIR_HIGH)
        anonid_relay_end_read(&side->end, 0);
}

/* This side has taken in most of what there was: the other is read again. */
static void on_drained(void *context)
{
    side_t *side = context;

    side->pair->last = now();
    if (!side->other->ended)
        anonid_relay_end_read(&side->other->end, 1);
    else
        look(side->pair);
}

static void on_ended(void *context, int failed)
{
    side_t *side = context;

    side->ended = 1;
    side->failed |= failed;
    set_limit(side->pair, HALF_CLOSED_LIMIT);
    look(side->pair);
}

static const anonid_relay_end_events_t end_events = { on_input, on_drained,
                                                      on_ended };

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

static void connect_sides(anonid_relay_pair_t *pair, side_t *side,
                          side_t *other)
{
    side->other = other;
    side->pair = pair;
    keep_alive(anonid_relay_end_socket(&side->end));
}

/* Before anything that comes from the other side. */
static void write_first(anonid_relay_pair_t *pair,
                        const anonid_relay_pairing_t *pairing)
{
    const size_t n = evbuffer_get_length(pairing->for_client);

    if (n > 0)
        anonid_relay_end_write(
            &pair->client.end,
            (const char *)evbuffer_pullup(pairing->for_client, -1), n);
    if (pairing->length > 0)
        anonid_relay_end_write(&pair->server.end, pairing->for_server,
                               pairing->length);
}

anonid_relay_pair_t *
anonid_relay_pair_start(const anonid_relay_pairing_t *pairing)
{
    anonid_relay_pair_t *pair = calloc(1, sizeof(*pair));

    if (!pair
        || !anonid_relay_end_adopt(&pair->server.end, pairing->base,
                                   pairing->server)) {
        bufferevent_free(pairing->server);
        close(pairing->client);
        free(pair);
        return NULL;
    }
    anonid_relay_end_open(&pair->client.end, pairing->base, pairing->client);
    (void)evtimer_assign(&pair->timer, pairing->base, on_timer, pair);
    pair->ended = pairing->ended;
    pair->context = pairing->context;
    pair->listener = pairing->listener;
    connect_sides(pair, &pair->client, &pair->server);
    connect_sides(pair, &pair->server, &pair->client);
    set_limit(pair, IDLE_LIMIT);
    write_first(pair, pairing);
    anonid_relay_end_begin(&pair->client.end, &end_events, &pair->client);
    anonid_relay_end_begin(&pair->server.end, &end_events, &pair->server);
    return pair;
}

size_t anonid_relay_pair_unsent(const anonid_relay_pair_t *pair)
{
    return waiting_for(&pair->client) + waiting_for(&pair->server);
}

void anonid_relay_pair_close(anonid_relay_pair_t *pair)
{
    if (!pair)
        return;
    (void)event_del(&pair->timer);
    anonid_relay_end_close(&pair->client.end);
    anonid_relay_end_close(&pair->server.end);
    free(pair);
}
