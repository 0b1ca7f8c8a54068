/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging on without a password; see login.h.
 */
#include "agent/relay/login.h"
#include "agent/mail/capabilities.h"
#include "agent/relay/foreign.h"

#include <stdio.h>
#include <string.h>

#define DEADLINE_SECONDS 180 /* between two commands */
#define LOGIN_SECONDS 150    /* for all servers of the service */

/* Commands and logins that went wrong. Clients probe. */
#define MOST_ERRORS 10

#define ANSWER_MAX 256

/* A mechanism, of which only the number of responses matters: each follows a
 * prompt in base64. */
typedef struct {
    const char *name;
    const char *prompts[3]; /* NULL: no more */
} mechanism_t;

static const mechanism_t mechanisms[] = {
    { "PLAIN", { "", NULL, NULL } },
    { "LOGIN", { "VXNlcm5hbWU6", "UGFzc3dvcmQ6", NULL } },
};

#define N_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

void anonid_relay_login_bye(anonid_relay_login_t *login, const char *text)
{
    anonid_relay_client_say(login->client, "%s %s", login->protocol->bye,
                            text);
    anonid_relay_client_finish(login->client);
}

void anonid_relay_login_error(anonid_relay_login_t *login)
{
    if (++login->errors >= MOST_ERRORS)
        anonid_relay_login_bye(login, "Too many errors");
}

void anonid_relay_login_await(anonid_relay_login_t *login)
{
    login->state = ANONID_RELAY_COMMANDS;
    anonid_relay_client_deadline(login->client, DEADLINE_SECONDS);
}

/* ---- logging on ---- */

static void refuse(anonid_relay_login_t *login, const char *code,
                   const char *text)
{
    char answer[ANSWER_MAX];

    snprintf(answer, sizeof(answer), "%s %s", code, text);
    login->protocol->refuse(login, answer);
}

/* The client may try again. */
static void refuse_this_one(anonid_relay_login_t *login, const char *code,
                            const char *text)
{
    anonid_relay_login_await(login);
    refuse(login, code, text);
    anonid_relay_login_error(login);
    anonid_relay_client_resume(login->client);
}

void anonid_relay_login_fail(anonid_relay_login_t *login,
                             const anonid_mail_error_t *error)
{
    refuse_this_one(login,
                    anonid_mail_error_is_lasting(error->kind)
                        ? login->protocol->lasting
                        : login->protocol->for_now,
                    anonid_mail_error_public(error->kind));
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error)
{
    anonid_relay_login_t *login = context;

    login->failover = NULL;
    if (session)
        login->protocol->logged_on(login, session);
    else
        anonid_relay_login_fail(login, error);
}

static void start(anonid_relay_login_t *login)
{
    const anonid_relay_origin_t *origin =
        anonid_relay_client_origin(login->client);
    const anonid_failover_to_t to = {
        .base = anonid_relay_client_base(login->client),
        .config = origin->config,
        .account = origin->account,
        .service = origin->service,
        .protocol = login->protocol->protocol,
        .visitor = login->visitor,
    };
    anonid_mail_error_t error;

    login->state = ANONID_RELAY_LOGGING_ON;
    anonid_relay_client_hold(login->client);
    anonid_relay_client_deadline(login->client, LOGIN_SECONDS);
    login->failover = anonid_failover_start(&to, on_session, login, &error);
    if (!login->failover)
        anonid_relay_login_fail(login, &error);
}

/* A login counts whatever comes of it. */
static void on_placed(void *context, int seconds)
{
    anonid_relay_login_t *login = context;
    char text[64];

    anonid_relay_places_keep(&login->places);
    if (seconds == 0) {
        start(login);
        return;
    }
    snprintf(text, sizeof(text), "Too many logins: try again in %d seconds",
             seconds);
    refuse_this_one(login, login->protocol->limited, text);
}

void anonid_relay_login_start(anonid_relay_login_t *login)
{
    login->places.client = login->client;
    login->places.placed = on_placed;
    login->places.context = login;
    login->state = ANONID_RELAY_LOGGING_ON;
    anonid_relay_place_ask(&login->places, ANONID_LIMIT_LOGINS);
}

struct bufferevent *anonid_relay_login_detach(anonid_relay_login_t *login,
                                              anonid_session_t *session)
{
    return anonid_session_detach(session, &login->pass);
}

/* ---- AUTH ---- */

/* Asks for the next response, or has had all. */
static void go_on(anonid_relay_login_t *login)
{
    login->state = ANONID_RELAY_COMMANDS;
    if (!*login->prompts) {
        login->protocol->complete(login);
        return;
    }
    login->state = ANONID_RELAY_RESPONSES;
    anonid_relay_client_say(login->client, "+ %s", *login->prompts++);
}

int anonid_relay_login_auth(anonid_relay_login_t *login, const char *mechanism,
                            size_t length, int has_response)
{
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (!anonid_word_is(mechanism, length, mechanisms[i].name))
            continue;
        login->prompts = mechanisms[i].prompts + (has_response != 0);
        go_on(login);
        return 1;
    }
    return 0;
}

/* One response, which may be anything. */
static size_t take_response(anonid_relay_login_t *login, const char *data,
                            size_t length)
{
    size_t text, all;

    if (!anonid_relay_login_line(login, data, length, &text, &all))
        return 0;
    anonid_relay_client_deadline(login->client, DEADLINE_SECONDS);
    if (text != 1 || *data != '*') {
        go_on(login);
        return all;
    }
    login->state = ANONID_RELAY_COMMANDS;
    login->protocol->cancelled(login);
    anonid_relay_login_error(login);
    return all;
}

/* ---- what comes ---- */

int anonid_relay_login_line(anonid_relay_login_t *login, const char *data,
                            size_t length, size_t *text, size_t *all)
{
    const char *lf = memchr(data, '\n', length);

    *text = lf ? (size_t)(lf - data) : length;
    *all = *text + 1;
    if (*text > ANONID_RELAY_LINE_MAX) {
        anonid_relay_login_bye(login, "Line too long");
        return 0;
    }
    if (lf && *text > 0 && lf[-1] == '\r')
        --*text;
    return lf != NULL;
}

size_t anonid_relay_login_input(void *context, const char *data, size_t length)
{
    anonid_relay_login_t *login = context;
    char text[64];
    size_t n;

    if (!login->begun
        && anonid_relay_is_foreign(login->client, data, length)) {
        snprintf(text, sizeof(text), "This is %s without TLS",
                 login->protocol->name);
        anonid_relay_login_bye(login, text);
        return length;
    }
    if (login->state == ANONID_RELAY_RESPONSES)
        return take_response(login, data, length);
    n = login->protocol->command(login, data, length);
    login->begun |= n > 0;
    return n;
}

void anonid_relay_login_overdue(void *context)
{
    anonid_relay_login_t *login = context;

    if (login->state == ANONID_RELAY_LOGGING_ON)
        refuse(login, login->protocol->for_now,
               "The mail server does not answer");
    anonid_relay_login_bye(login, "Out of time");
}

void anonid_relay_login_close(anonid_relay_login_t *login)
{
    anonid_relay_places_leave(&login->places);
    if (login->failover)
        anonid_failover_cancel(login->failover);
    anonid_gate_leave(login->pass);
}
