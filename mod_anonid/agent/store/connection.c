/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to redis; see connection.h.
 *
 *   connect [-> TLS] -> AUTH [-> SELECT] -> SET (a probe) -> ready
 *
 * Replies come in the order of the commands, so the first one that waits is
 * the first whose deadline is over.
 */
#include "agent/store/connection.h"
#include "agent/net/transport.h"
#include "common/monotonic.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a reply may be: ours are a few short words. */
#define REPLY_OCTETS 16384
#define ELEMENTS_MAX 16

/* Replies that may be awaited: at 100 ms each, more than any agent has. */
#define AWAITED_MAX 10000

/* Where it is seen that the store takes something in. */
#define PROBE_KEY "anonid:probe"

typedef struct awaited_t {
    struct awaited_t *next;
    anonid_store_reply_t reply;
    void *context;
    apr_time_t deadline;
} awaited_t;

struct anonid_store_connection_t {
    const anonid_shared_store_t *store;
    const anonid_secret_t *secret;
    const anonid_store_connection_events_t *events;
    void *context;
    anonid_transport_t *transport;
    struct event *timer;
    redisReader *reader;
    size_t unread; /* octets since the last whole reply */
    awaited_t *first, **last;
    int n_awaited;
    int is_lost;
    char why[256];
};

/* ---- bounds on what comes ---- */

static redisReplyObjectFunctions functions;
static void *(*create_array)(const redisReadTask *task, int elements);

/* hiredis 0.14 takes whatever number of elements is announced. */
static void *create_small_array(const redisReadTask *task, int elements)
{
    return elements > ELEMENTS_MAX ? NULL : create_array(task, elements);
}

static redisReader *make_reader(void)
{
    redisReader *reader = redisReaderCreate();

    if (!reader)
        return NULL;
    functions = *reader->fn;
    create_array = functions.createArray;
    functions.createArray = create_small_array;
    reader->fn = &functions;
    return reader;
}

/* ---- what is awaited ---- */

static void arm(anonid_store_connection_t *c)
{
    apr_interval_time_t left;
    struct timeval delay;

    if (!c->first) {
        (void)evtimer_del(c->timer);
        return;
    }
    left = c->first->deadline - anonid_monotonic_now();
    if (left < 0)
        left = 0;
    delay.tv_sec = (time_t)apr_time_sec(left);
    delay.tv_usec = (suseconds_t)apr_time_usec(left);
    (void)evtimer_add(c->timer, &delay);
}

static awaited_t *take_first(anonid_store_connection_t *c)
{
    awaited_t *awaited = c->first;

    c->first = awaited->next;
    c->n_awaited--;
    if (!c->first)
        c->last = &c->first;
    return awaited;
}

static void answer(awaited_t *awaited, const redisReply *reply)
{
    if (awaited->reply)
        awaited->reply(awaited->context, reply);
    free(awaited);
}

/* The end, once; whoever waits is told first. */
static void lose(anonid_store_connection_t *c, const char *why)
{
    if (c->is_lost)
        return;
    c->is_lost = 1;
    snprintf(c->why, sizeof(c->why), "%s", why);
    while (c->first)
        answer(take_first(c), NULL);
    arm(c);
    c->events->lost(c->context, c->why);
}

void anonid_store_connection_give_up(anonid_store_connection_t *c,
                                     const char *why)
{
    lose(c, why);
}

/* ---- what is said ---- */

int anonid_store_connection_say(anonid_store_connection_t *c, int argc,
                                const char **argv, const size_t *lengths,
                                anonid_store_reply_t reply, void *context)
{
    awaited_t *awaited =
        c->n_awaited < AWAITED_MAX ? calloc(1, sizeof(*awaited)) : NULL;
    char *command;
    int length;

    if (!awaited || c->is_lost) {
        free(awaited);
        return 0;
    }
    length = redisFormatCommandArgv(&command, argc, argv, lengths);
    if (length < 0) {
        free(awaited);
        return 0;
    }
    anonid_transport_write_secret(c->transport, command, (size_t)length);
    explicit_bzero(command, (size_t)length);
    redisFreeCommand(command);
    awaited->reply = reply;
    awaited->context = context;
    awaited->deadline = anonid_monotonic_now() + ANONID_STORE_DEADLINE;
    *c->last = awaited;
    c->last = &awaited->next;
    if (c->n_awaited++ == 0)
        arm(c);
    return 1;
}

/* ---- logging on ---- */

static void fail_step(anonid_store_connection_t *c, const char *what,
                      const redisReply *reply)
{
    char why[200];

    snprintf(why, sizeof(why), "%s: %.*s", what,
             reply->str ? (int)strnlen(reply->str, 150) : 0,
             reply->str ? reply->str : "");
    lose(c, why);
}

static void say_step(anonid_store_connection_t *c, int argc, const char **argv,
                     anonid_store_reply_t reply)
{
    if (!anonid_store_connection_say(c, argc, argv, NULL, reply, c))
        lose(c, "there is no memory");
}

static void on_probed(void *context, const redisReply *reply)
{
    anonid_store_connection_t *c = context;

    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR)
        fail_step(c, "it takes nothing in", reply);
    else
        c->events->ready(c->context);
}

/* One that is full, or a replica, would say so only to a visitor's message. */
static void probe(anonid_store_connection_t *c)
{
    const char *argv[] = { "SET", PROBE_KEY, "1", "PX", "60000" };

    say_step(c, 5, argv, on_probed);
}

static void on_selected(void *context, const redisReply *reply)
{
    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR)
        fail_step(context, "SELECT", reply);
    else
        probe(context);
}

static void choose_db(anonid_store_connection_t *c)
{
    char db[16];
    const char *argv[] = { "SELECT", db };

    snprintf(db, sizeof(db), "%u", c->store->db);
    if (c->store->db > 0)
        say_step(c, 2, argv, on_selected);
    else
        probe(c);
}

/* A store without a password takes none: the secret is still what keys are
 * derived from. */
static int needs_no_password(const redisReply *reply)
{
    return strstr(reply->str, "no password is set")
           || strstr(reply->str, "without any password configured");
}

static void on_logged_on(void *context, const redisReply *reply)
{
    anonid_store_connection_t *c = context;

    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR
        && (c->store->user || !needs_no_password(reply)))
        fail_step(c, "AUTH", reply);
    else
        choose_db(c);
}

static void log_on(anonid_store_connection_t *c)
{
    const char *argv[3] = { "AUTH" };
    int argc = 1;

    if (c->store->user)
        argv[argc++] = c->store->user;
    argv[argc++] = anonid_secret_data(c->secret);
    say_step(c, argc, argv, on_logged_on);
}

/* ---- the transport ---- */

static void on_ready(void *context)
{
    anonid_store_connection_t *c = context;

    if (c->store->server.tls == ANONID_TLS_FIRST
        && !anonid_transport_is_tls(c->transport)) {
        anonid_transport_start_tls(c->transport, c->store->ca_file,
                                   c->store->tls_name ? c->store->tls_name
                                                      : c->store->server.host);
        return;
    }
    anonid_transport_enter(c->transport, ANONID_PHASE_IDLE);
    log_on(c);
}

/* 1 if a reply was there, and is dealt with. */
static int take_reply(anonid_store_connection_t *c)
{
    void *reply = NULL;
    awaited_t *awaited;

    if (redisReaderGetReply(c->reader, &reply) != REDIS_OK) {
        lose(c, "what it says is not the protocol of redis");
        return 0;
    }
    if (!reply)
        return 0;
    c->unread = 0;
    if (!c->first) {
        freeReplyObject(reply);
        lose(c, "it said something that was not asked for");
        return 0;
    }
    awaited = take_first(c);
    arm(c);
    answer(awaited, reply);
    freeReplyObject(reply);
    return !c->is_lost;
}

static void on_input(void *context)
{
    anonid_store_connection_t *c = context;
    struct evbuffer *input = anonid_transport_input(c->transport);
    char octets[4096];
    int n = evbuffer_remove(input, octets, sizeof(octets));

    anonid_transport_enter(c->transport, ANONID_PHASE_IDLE);
    for (; n > 0 && !c->is_lost;
         n = evbuffer_remove(input, octets, sizeof(octets))) {
        c->unread += (size_t)n;
        if (redisReaderFeed(c->reader, octets, (size_t)n) != REDIS_OK)
            lose(c, "there is no memory");
        while (!c->is_lost && take_reply(c))
            ;
        if (c->unread > REPLY_OCTETS)
            lose(c, "what it says is too long");
    }
}

/* What has come while the loop was busy is read first. */
static void on_late(evutil_socket_t fd, short what, void *context)
{
    anonid_store_connection_t *c = context;

    (void)fd;
    (void)what;
    on_input(c);
    if (c->first && c->first->deadline <= anonid_monotonic_now())
        lose(c, "it did not answer in time");
    else
        arm(c);
}

static void on_drained(void *context)
{
    (void)context;
}

static void on_ping(void *context, const redisReply *reply)
{
    (void)context;
    (void)reply;
}

/* Nothing was said for a minute: what stands between may have forgotten the
 * connection, which is to be found out now and not by a visitor. */
static void keep_alive(anonid_store_connection_t *c)
{
    const char *argv[] = { "PING" };

    anonid_transport_enter(c->transport, ANONID_PHASE_IDLE);
    say_step(c, 1, argv, on_ping);
}

static void on_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_store_connection_t *c = context;
    char why[256];

    if (error->kind == ANONID_MAIL_ERROR_LATE
        && error->phase == ANONID_PHASE_IDLE) {
        keep_alive(c);
        return;
    }
    snprintf(why, sizeof(why), "%s: %.200s", anonid_phase_name(error->phase),
             error->text);
    lose(c, error->phase == ANONID_PHASE_IDLE ? error->text : why);
}

static const anonid_transport_events_t transport_events = { on_ready, on_input,
                                                            on_drained,
                                                            on_failed };

/* ---- begin and end ---- */

anonid_store_connection_t *anonid_store_connection_open(
    struct event_base *base, const anonid_shared_store_t *store,
    const anonid_secret_t *secret,
    const anonid_store_connection_events_t *events, void *context)
{
    anonid_store_connection_t *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->store = store;
    c->secret = secret;
    c->events = events;
    c->context = context;
    c->last = &c->first;
    c->timer = evtimer_new(base, on_late, c);
    c->reader = make_reader();
    if (c->timer && c->reader)
        c->transport =
            anonid_transport_open(base, &store->server, &transport_events, c);
    if (c->transport)
        return c;
    anonid_store_connection_close(c);
    return NULL;
}

void anonid_store_connection_close(anonid_store_connection_t *c)
{
    if (!c)
        return;
    anonid_transport_close(c->transport);
    while (c->first)
        free(take_first(c));
    if (c->timer)
        event_free(c->timer);
    if (c->reader)
        redisReaderFree(c->reader);
    free(c);
}
