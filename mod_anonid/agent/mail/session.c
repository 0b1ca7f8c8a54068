/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of a mail server, one by one, to whoever uses the session; see
 * session.h.
 */
#include "agent/mail/session.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(anonid_session_t *s)
{
    anonid_login_drop(s->login);
    free(s->welcome);
    free(s);
}

void anonid_session_close(anonid_session_t *s)
{
    if (s->closed)
        return;
    s->closed = 1;
    anonid_transport_close(s->transport);
    s->transport = NULL;
    anonid_gate_leave(s->pass);
    s->pass = NULL;
    if (!s->in_replies)
        destroy(s);
}

void anonid_session_fail(anonid_session_t *s, anonid_mail_error_kind_t kind,
                         const char *format, ...)
{
    char text[ANONID_MAIL_ERROR_TEXT_MAX];
    anonid_mail_error_t error;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    anonid_mail_error_set(&error, kind, anonid_transport_phase(s->transport),
                          "%s", text);
    s->user->failed(s->context, &error);
}

/* Hands one reply out, from memory of its own: the user may do anything to
 * the connection. */
static void hand_out(anonid_session_t *s, const anonid_mail_reply_t *reply,
                     struct evbuffer *input, size_t consumed)
{
    anonid_mail_reply_t copy = *reply;
    char *data = malloc(copy.length);

    if (!data) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_INTERNAL, "no memory");
        return;
    }
    memcpy(data, reply->data, copy.length);
    copy.data = data;
    evbuffer_drain(input, consumed);
    s->expected--;
    s->user->reply(s->context, &copy);
    free(data);
}

/* A server that says more than it was asked for is not to be believed: what
 * follows a STARTTLS reply, say, was perhaps put there by somebody else. */
static void fail_talkative(anonid_session_t *s)
{
    if (anonid_transport_phase(s->transport) == ANONID_PHASE_STARTTLS)
        anonid_session_fail(s, ANONID_MAIL_ERROR_GARBAGE,
                            "octets after the reply to STARTTLS, which "
                            "somebody may have injected");
    else
        anonid_session_fail(s, ANONID_MAIL_ERROR_GARBAGE,
                            "more than was asked for");
}

/* A message that was taken is taken, though the server says in the same
 * breath that it closes (421, RFC 5321 section 3.8). */
static int is_last(const anonid_session_t *s)
{
    anonid_phase_t phase = anonid_transport_phase(s->transport);

    return phase == ANONID_PHASE_BODY || phase == ANONID_PHASE_DOT;
}

/* Takes the next reply: 1 if there may be another. */
static int take_reply(anonid_session_t *s)
{
    struct evbuffer *input = anonid_transport_input(s->transport);
    size_t length = evbuffer_get_length(input), consumed = 0;
    const char *data = (const char *)evbuffer_pullup(input, -1);
    anonid_mail_reply_t reply;
    anonid_parse_t state;

    if (length == 0)
        return 0;
    if (!data) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_INTERNAL,
                            "there is no memory for the server's reply");
        return 0;
    }
    state = s->driver->parse(anonid_transport_phase(s->transport), data,
                             length, &reply, &consumed);
    if (state == ANONID_PARSE_BAD) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_GARBAGE,
                            "the server does not speak the protocol");
        return 0;
    }
    if (s->expected == 1 && state == ANONID_PARSE_OK && length > consumed)
        s->spent = 1;
    if (s->expected == 0 || (s->spent && !is_last(s))) {
        fail_talkative(s);
        return 0;
    }
    if (state == ANONID_PARSE_MORE)
        return 0;
    hand_out(s, &reply, input, consumed);
    return 1;
}

static void on_input(void *context)
{
    anonid_session_t *s = context;

    s->in_replies = 1;
    while (!s->closed && take_reply(s))
        continue;
    s->in_replies = 0;
    if (s->closed)
        destroy(s);
}

static void on_ready(void *context)
{
    anonid_session_t *s = context;

    if (s->user->ready)
        s->user->ready(s->context);
}

static void on_drained(void *context)
{
    anonid_session_t *s = context;

    if (s->user->drained)
        s->user->drained(s->context);
}

static void on_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_session_t *s = context;

    s->user->failed(s->context, error);
}

static const anonid_transport_events_t transport_events = { on_ready, on_input,
                                                            on_drained,
                                                            on_failed };

anonid_session_t *anonid_session_open(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      const anonid_session_user_t *user,
                                      void *context)
{
    anonid_session_t *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->login = anonid_login_hold(login);
    s->server = server;
    s->driver = anonid_driver_find(server->protocol);
    s->user = user;
    s->context = context;
    s->transport =
        anonid_transport_open(login->base, server, &transport_events, s);
    if (s->transport)
        return s;
    destroy(s);
    return NULL;
}

void anonid_session_use(anonid_session_t *s, const anonid_session_user_t *user,
                        void *context)
{
    s->user = user;
    s->context = context;
}

int anonid_session_keep(anonid_session_t *s, const anonid_mail_reply_t *reply)
{
    char *copy = malloc(reply->length);

    if (!copy)
        return 0;
    memcpy(copy, reply->data, reply->length);
    free(s->welcome);
    s->welcome = copy;
    s->welcome_length = reply->length;
    return 1;
}

struct bufferevent *anonid_session_detach(anonid_session_t *s,
                                          anonid_gate_pass_t **pass)
{
    struct bufferevent *bev = anonid_transport_detach(s->transport);

    *pass = s->pass;
    s->pass = NULL;
    anonid_session_close(s);
    return bev;
}

void anonid_session_await(anonid_session_t *s, anonid_phase_t phase)
{
    anonid_transport_enter(s->transport, phase);
    s->expected++;
}

static void end_line(anonid_session_t *s)
{
    if (evbuffer_add(anonid_transport_output(s->transport), "\r\n", 2) != 0)
        anonid_transport_break(s->transport);
}

void anonid_session_say(anonid_session_t *s, anonid_phase_t phase,
                        const char *format, ...)
{
    struct evbuffer *output = anonid_transport_output(s->transport);
    va_list args;
    int length;

    anonid_session_await(s, phase);
    va_start(args, format);
    length = evbuffer_add_vprintf(output, format, args);
    va_end(args);
    if (length < 0)
        anonid_transport_break(s->transport);
    else
        end_line(s);
}

void anonid_session_say_secret(anonid_session_t *s, anonid_phase_t phase,
                               const char *command, const char *secret)
{
    struct evbuffer *output = anonid_transport_output(s->transport);

    anonid_session_await(s, phase);
    if (command && evbuffer_add_printf(output, "%s ", command) < 0) {
        anonid_transport_break(s->transport);
        return;
    }
    anonid_transport_write_secret(s->transport, secret, strlen(secret));
    end_line(s);
}

/* Sessions that said their last word, and wait for the server's. */
static anonid_session_t *quitting;

static void end_quit(anonid_session_t *s)
{
    anonid_session_t **link = &quitting;
    void (*ended)(void *context) = s->ended;
    void *context = s->pooled;

    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    anonid_session_close(s);
    if (ended)
        ended(context);
}

static void quit_reply(void *context, const anonid_mail_reply_t *reply)
{
    (void)reply;
    end_quit(context);
}

static void quit_failed(void *context, const anonid_mail_error_t *error)
{
    (void)error;
    end_quit(context);
}

static const anonid_session_user_t quit_user = { NULL, quit_reply, NULL,
                                                 quit_failed };

void anonid_session_quit(anonid_session_t *s, void (*ended)(void *context),
                         void *context)
{
    s->next = quitting;
    quitting = s;
    s->ended = ended;
    s->pooled = context;
    anonid_session_use(s, &quit_user, s);
    s->expected = 0;
    anonid_session_say(s, ANONID_PHASE_QUIT, "%s", s->driver->quit);
}

void anonid_session_stop(void)
{
    while (quitting) {
        quitting->ended = NULL;
        end_quit(quitting);
    }
}
