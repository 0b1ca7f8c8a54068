/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of a dialogue; see listener_world.h. It stands in for
 * relay/client.c and mail/failover.c, and keeps the rules of their headers.
 */
#include "listener_world.h"

#include "agent/base/log.h"
#include "agent/mail/failover.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX (1024 * 1024)

struct anonid_relay_client_t {
    anonid_relay_origin_t origin;
    int held, over, joined;
    int logins;
    size_t said_length, relayed_length;
    char said[SAID_MAX];
    const char *relayed; /* what the server would get */
};

struct anonid_failover_t {
    anonid_failover_done_t done;
    void *context;
};

static anonid_listener_t listener = { .url = "fuzz" };
static apr_array_header_t no_limits;
static const anonid_service_t service = { .name = "fuzz",
                                          .limits = &no_limits };
static anonid_relay_client_t *world;
static struct event_base *loop;
static anonid_failover_t failover; /* done NULL: none is under way */

const anonid_relay_origin_t *
anonid_relay_client_origin(const anonid_relay_client_t *client)
{
    return &client->origin;
}

struct event_base *
anonid_relay_client_base(const anonid_relay_client_t *client)
{
    (void)client;
    return NULL;
}

void anonid_relay_client_write(anonid_relay_client_t *client, const void *data,
                               size_t length)
{
    if (client->over)
        return;
    if (client->joined || length > SAID_MAX - client->said_length)
        abort();
    memcpy(client->said + client->said_length, data, length);
    client->said_length += length;
}

void anonid_relay_client_say(anonid_relay_client_t *client, const char *format,
                             ...)
{
    char line[1026];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof(line) - 2, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(line) - 2)
        abort();
    memcpy(line + n, "\r\n", 2);
    anonid_relay_client_write(client, line, (size_t)n + 2);
}

void anonid_relay_client_deadline(anonid_relay_client_t *client, int seconds)
{
    (void)client;
    (void)seconds;
}

void anonid_relay_client_hold(anonid_relay_client_t *client)
{
    client->held = 1;
}

void anonid_relay_client_resume(anonid_relay_client_t *client)
{
    client->held = 0;
}

void anonid_relay_client_finish(anonid_relay_client_t *client)
{
    client->over = 1;
}

void anonid_relay_client_join(anonid_relay_client_t *client,
                              struct bufferevent *server)
{
    bufferevent_free(server);
    if (!client->over)
        client->joined = 1;
}

/* ---- the mail server ---- */

anonid_failover_t *anonid_failover_start(const anonid_failover_to_t *to,
                                         anonid_failover_done_t done,
                                         void *context,
                                         anonid_mail_error_t *error)
{
    (void)to;
    (void)error;
    if (failover.done)
        abort();
    failover = (anonid_failover_t){ done, context };
    return &failover;
}

void anonid_failover_cancel(anonid_failover_t *f)
{
    f->done = NULL;
}

struct bufferevent *anonid_session_detach(anonid_session_t *s,
                                          anonid_gate_pass_t **pass)
{
    free(s->welcome);
    free(s);
    *pass = NULL;
    if (!loop)
        loop = event_base_new();
    return bufferevent_socket_new(loop, -1, 0); /* never connected */
}

/* Its welcome tells all, so that nothing is asked for. */
void anonid_session_use(anonid_session_t *s, const anonid_session_user_t *user,
                        void *context)
{
    (void)s;
    (void)user;
    (void)context;
    abort();
}

void anonid_session_say(anonid_session_t *s, anonid_phase_t phase,
                        const char *format, ...)
{
    (void)s;
    (void)phase;
    (void)format;
    abort();
}

void anonid_session_fail(anonid_session_t *s, anonid_mail_error_kind_t kind,
                         const char *format, ...)
{
    (void)s;
    (void)kind;
    (void)format;
    abort();
}

void anonid_session_close(anonid_session_t *s)
{
    (void)s;
    abort();
}

/* The login under way comes to its end. */
static void end_login(void)
{
    static const char welcome[] =
        "A3 OK [CAPABILITY IMAP4rev1 IDLE UNAUTHENTICATE] Logged in\r\n";
    anonid_failover_done_t done = failover.done;
    const anonid_mail_error_t error = { .kind = ANONID_MAIL_ERROR_LOST };
    anonid_session_t *session = NULL;

    failover.done = NULL;
    if (world->logins++ > 0 || listener.flags & ANONID_LISTENER_PREAUTH) {
        session = calloc(1, sizeof(*session));
        session->welcome = strdup(welcome);
        session->welcome_length = sizeof(welcome) - 1;
    }
    done(failover.context, session, &error);
}

/* ---- the client ---- */

static int talks(void)
{
    return !world->over && !world->joined;
}

/* Hands out what has come; returns how much is consumed. */
static size_t hand_out(const anonid_listener_protocol_t *protocol,
                       void *dialogue, const char *data, size_t length)
{
    size_t at = 0, n = 1;

    while (talks() && (n > 0 || failover.done) && at < length) {
        n = 0;
        if (failover.done)
            end_login();
        if (!talks())
            break;
        n = protocol->input(dialogue, data + at, length - at);
        if (n > length - at || (world->joined && n > 0))
            abort();
        at += n;
    }
    if (failover.done)
        end_login();
    return at;
}

/* What is logged of each input would bury the test's own lines. */
static void quiet(anonid_log_level_t level, const char *line)
{
    (void)level;
    (void)line;
}

void listener_world_run(const anonid_listener_protocol_t *protocol,
                        unsigned flags, const char *data, size_t length,
                        size_t step)
{
    size_t at = 0, there = step == 0 || step > length ? length : step;
    void *dialogue;

    anonid_log_set_sink(quiet);
    free(world);
    world = calloc(1, sizeof(*world));
    failover.done = NULL;
    listener.flags = flags;
    world->origin.listener = &listener;
    world->origin.service = &service;
    dialogue = protocol->open(world);
    if (failover.done)
        end_login();
    for (;;) {
        at += hand_out(protocol, dialogue, data + at, there - at);
        if (there == length || !talks())
            break;
        there = length - there < step ? length : there + step;
    }
    world->relayed = world->joined ? data + at : NULL;
    world->relayed_length = world->joined ? length - at : 0;
    if (world->said_length < 2
        || memcmp(world->said + world->said_length - 2, "\r\n", 2) != 0)
        abort();
    world->over = 1;
    protocol->closed(dialogue);
    if (failover.done)
        abort();
}

void listener_world_check(const anonid_listener_protocol_t *protocol,
                          unsigned flags, const char *data, size_t length)
{
    static const size_t steps[] = { 1, 2, 7 };
    anonid_relay_client_t *first;

    listener_world_run(protocol, flags, data, length, 0);
    first = world;
    world = NULL;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        listener_world_run(protocol, flags, data, length, steps[i]);
        if (world->said_length != first->said_length
            || memcmp(world->said, first->said, first->said_length) != 0
            || world->relayed_length != first->relayed_length
            || world->relayed != first->relayed)
            abort();
    }
    free(first);
}
