/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application hears that reads mail over POP3 without a password: the
 * dialogue up to its login, which may say anything, then the account's own
 * login at the mail server, and the two connections as one.
 *
 *   COMMANDS -> USER and PASS, or AUTH and its RESPONSES -> LOGGING_ON
 *            -> joined                               failed -> COMMANDS
 *
 * What was sent behind the login waits, and goes to the server once.
 */
#include "agent/mail/capabilities.h"
#include "agent/mail/failover.h"
#include "agent/relay/foreign.h"
#include "agent/relay/protocol.h"

#include <stdlib.h>
#include <string.h>

/* RFC 2449 section 4; a first response may need more (RFC 5034). */
#define LINE_MAX_OCTETS 8192

#define DEADLINE_SECONDS 180 /* between two commands */
#define LOGIN_SECONDS 150    /* for all servers of the service */

/* Commands and logins that went wrong. Clients probe. */
#define MOST_ERRORS 10

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

typedef struct {
    anonid_relay_client_t *client;
    const char *const *prompts; /* of AUTH, that are to come; NULL: no AUTH */
    int has_user;
    int logs_on;
    int errors;
    int begun; /* something has come */
    anonid_failover_t *failover;
    anonid_gate_pass_t *pass; /* of the server's connection */
} dialogue_t;

static void say(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->client, "%s", text);
}

static void say_error(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->client, "-ERR %s", text);
    if (++d->errors >= MOST_ERRORS)
        anonid_relay_client_finish(d->client);
}

/* ---- logging on ---- */

/* The account is the operator's business: [AUTH] would make the client ask
 * somebody for another password (RFC 3206). */
static void fail_login(dialogue_t *d, const anonid_mail_error_t *error)
{
    d->logs_on = 0;
    anonid_relay_client_deadline(d->client, DEADLINE_SECONDS);
    say_error(d, anonid_mail_error_is_lasting(error->kind)
                     ? "[SYS/PERM] The mail server does not let the account "
                       "of this listener in; the administrator's log says why"
                     : "[SYS/TEMP] The mail server cannot be used at the "
                       "moment; try again later");
    anonid_relay_client_resume(d->client);
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error)
{
    dialogue_t *d = context;

    d->failover = NULL;
    if (!session) {
        fail_login(d, error);
        return;
    }
    say(d, "+OK Logged in");
    anonid_relay_client_join(d->client,
                             anonid_session_detach(session, &d->pass));
}

static void log_on(dialogue_t *d)
{
    const anonid_relay_origin_t *origin =
        anonid_relay_client_origin(d->client);
    const anonid_failover_to_t to = {
        .base = anonid_relay_client_base(d->client),
        .config = origin->config,
        .account = origin->account,
        .service = origin->service,
        .protocol = ANONID_MAIL_POP3,
    };
    anonid_mail_error_t error;

    d->prompts = NULL;
    d->has_user = 0;
    d->logs_on = 1;
    anonid_relay_client_hold(d->client);
    anonid_relay_client_deadline(d->client, LOGIN_SECONDS);
    d->failover = anonid_failover_start(&to, on_session, d, &error);
    if (!d->failover)
        fail_login(d, &error);
}

/* ---- commands ---- */

/* Asks for the next response of AUTH, or has had all. */
static void go_on(dialogue_t *d)
{
    if (*d->prompts)
        anonid_relay_client_say(d->client, "+ %s", *d->prompts++);
    else
        log_on(d);
}

/* Without an argument it lists mechanisms (an old form, which clients still
 * probe). */
static void do_auth(dialogue_t *d, anonid_words_t *words)
{
    const char *word, *response;
    size_t length, rest;

    if (!anonid_words_next(words, &word, &length)) {
        say(d, "+OK\r\nPLAIN\r\nLOGIN\r\n.");
        return;
    }
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (!anonid_word_is(word, length, mechanisms[i].name))
            continue;
        d->prompts =
            mechanisms[i].prompts + anonid_words_next(words, &response, &rest);
        go_on(d);
        return;
    }
    say_error(d, "Use USER and PASS, or AUTH PLAIN; any user name and "
                 "password will do");
}

static void do_user(dialogue_t *d, anonid_words_t *words)
{
    (void)words;
    d->has_user = 1;
    say(d, "+OK");
}

static void do_pass(dialogue_t *d, anonid_words_t *words)
{
    (void)words;
    if (d->has_user)
        log_on(d);
    else
        say_error(d, "USER comes first");
}

/* Of the dialogue here; what the server can do is asked after the login. */
static void do_capa(dialogue_t *d, anonid_words_t *words)
{
    (void)words;
    say(d, "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\nTOP\r\nUIDL\r\nPIPELINING\r\n"
           "RESP-CODES\r\nAUTH-RESP-CODE\r\n.");
}

static void do_noop(dialogue_t *d, anonid_words_t *words)
{
    (void)words;
    say(d, "+OK");
}

static void do_quit(dialogue_t *d, anonid_words_t *words)
{
    (void)words;
    say(d, "+OK Bye");
    anonid_relay_client_finish(d->client);
}

typedef struct {
    const char *name;
    void (*run)(dialogue_t *d, anonid_words_t *words);
} command_t;

static const command_t commands[] = {
    { "USER", do_user }, { "PASS", do_pass }, { "AUTH", do_auth },
    { "CAPA", do_capa }, { "NOOP", do_noop }, { "QUIT", do_quit },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void run(dialogue_t *d, const char *line, size_t length)
{
    anonid_words_t words = { line, line + length };
    const char *name;
    size_t n;

    anonid_relay_client_deadline(d->client, DEADLINE_SECONDS);
    (void)anonid_words_next(&words, &name, &n);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (anonid_word_is(name, n, commands[i].name)) {
            commands[i].run(d, &words);
            return;
        }
    }
    say_error(d, "Log in first; any user name and password will do");
}

static void take_response(dialogue_t *d, const char *line, size_t length)
{
    if (length != 1 || *line != '*') {
        go_on(d);
        return;
    }
    d->prompts = NULL;
    say_error(d, "Cancelled");
}

/* ---- what comes ---- */

static size_t input(void *dialogue, const char *data, size_t length)
{
    dialogue_t *d = dialogue;
    const char *lf = memchr(data, '\n', length);
    size_t n = lf ? (size_t)(lf - data) : length;

    if (!d->begun && anonid_relay_is_foreign(d->client, data, length)) {
        say(d, "-ERR This is POP3 without TLS");
        anonid_relay_client_finish(d->client);
        return length;
    }
    if (n > LINE_MAX_OCTETS) {
        say(d, "-ERR Line too long");
        anonid_relay_client_finish(d->client);
        return length;
    }
    if (!lf)
        return 0;
    d->begun = 1;
    if (n > 0 && lf[-1] == '\r')
        n--;
    if (d->prompts)
        take_response(d, data, n);
    else
        run(d, data, n);
    return (size_t)(lf - data) + 1;
}

/* No time stamp in angle brackets: there is no APOP (RFC 1939 section 7). */
static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->client = client;
    say(d, "+OK mod_anonid");
    return d;
}

static void overdue(void *dialogue)
{
    dialogue_t *d = dialogue;

    say(d, d->logs_on ? "-ERR [SYS/TEMP] The mail server does not answer"
                      : "-ERR Out of time");
}

static void closed(void *dialogue)
{
    dialogue_t *d = dialogue;

    if (d->failover)
        anonid_failover_cancel(d->failover);
    anonid_gate_leave(d->pass);
    free(d);
}

const anonid_listener_protocol_t anonid_pop3_listener = {
    .protocol = ANONID_MAIL_POP3,
    .stranger = "-ERR This listener is not for your user\r\n",
    .busy = "-ERR [SYS/TEMP] Too many connections\r\n",
    .open = open_dialogue,
    .input = input,
    .overdue = overdue,
    .closed = closed,
};
