/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application hears that reads mail over IMAP without a password: the
 * dialogue up to its login, which may say anything, then the account's own
 * login at the mail server, and the two connections as one.
 *
 *   COMMANDS -> LOGIN, or AUTHENTICATE and its RESPONSES -> LOGGING_ON
 *            -> [capabilities] -> joined         failed -> COMMANDS
 *
 *   with preauth: LOGGING_ON -> [capabilities] -> greeting -> READY
 *            -> (the first command that is not about logging on) -> joined
 *
 * What was sent behind the login waits, and goes to the server once.
 */
#include "agent/imap/capabilities.h"
#include "agent/imap/command.h"
#include "agent/mail/capabilities.h"
#include "agent/mail/failover.h"
#include "agent/relay/foreign.h"
#include "agent/relay/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The one list of what this dialogue does. */
#define CAPABILITIES "IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN"

#define DEADLINE_SECONDS 180 /* between two commands */
#define LOGIN_SECONDS 150    /* for all servers of the service */

/* Commands and logins that went wrong. Clients probe. */
#define MOST_ERRORS 10

typedef enum {
    COMMANDS,
    RESPONSES,
    LOGGING_ON,
    READY
} state_t;

typedef struct {
    anonid_relay_client_t *client;
    state_t state;
    int errors;
    int prompted;               /* literals of this command asked for */
    const char *const *prompts; /* of AUTHENTICATE, that are to come */
    int wants_untagged;         /* it has asked for CAPABILITY */
    int begun;                  /* something has come */
    char tag[ANONID_IMAP_TAG_MAX + 1];
    anonid_failover_t *failover;
    anonid_session_t *session;  /* that is asked for its capabilities */
    struct bufferevent *server; /* READY */
    anonid_gate_pass_t *pass;   /* of the server's connection */
    char *list;                 /* what the server offers; NULL: not known */
} dialogue_t;

static int is_preauth(const dialogue_t *d)
{
    return anonid_relay_client_origin(d->client)->listener->flags
           & ANONID_LISTENER_PREAUTH;
}

/* The last words before the connection ends. */
static void say_bye(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->client, "* BYE %s", text);
    anonid_relay_client_finish(d->client);
}

static void count_error(dialogue_t *d)
{
    if (++d->errors >= MOST_ERRORS)
        say_bye(d, "Too many errors");
}

static void await_command(dialogue_t *d)
{
    d->state = d->server ? READY : COMMANDS;
    d->prompted = 0;
    anonid_relay_client_deadline(d->client, DEADLINE_SECONDS);
}

/* ---- joined with a server ---- */

static void put(dialogue_t *d, const char *text)
{
    anonid_relay_client_write(d->client, text, strlen(text));
}

/* "[CAPABILITY ...] Logged in": of what the server offers who is logged on,
 * which is not what was offered before. */
static void put_welcome(dialogue_t *d)
{
    if (d->list) {
        put(d, " [CAPABILITY ");
        put(d, d->list);
        put(d, "]");
    }
    put(d, " Logged in\r\n");
}

static void put_capabilities(dialogue_t *d, const char *list)
{
    put(d, "* CAPABILITY ");
    put(d, list);
    put(d, "\r\n");
}

/* Clients that ask for CAPABILITY may not understand the code in the OK. */
static void accept_login(dialogue_t *d)
{
    if (d->wants_untagged && d->list)
        put_capabilities(d, d->list);
    put(d, d->tag);
    put(d, " OK");
    put_welcome(d);
}

static void join(dialogue_t *d)
{
    struct bufferevent *server = d->server;

    free(d->list);
    d->list = NULL;
    d->server = NULL;
    anonid_relay_client_join(d->client, server);
}

/* Everything is known of the server. */
static void serve(dialogue_t *d, anonid_session_t *session)
{
    d->server = anonid_session_detach(session, &d->pass);
    if (!is_preauth(d)) {
        accept_login(d);
        join(d);
        return;
    }
    put(d, "* PREAUTH");
    put_welcome(d);
    await_command(d);
    anonid_relay_client_resume(d->client);
}

/* ---- logging on ---- */

/* The account is the operator's business: the client is never told that its
 * password was wrong, which it would ask somebody for (RFC 5530). */
static void fail_login(dialogue_t *d, const anonid_mail_error_t *error)
{
    const char *text =
        anonid_mail_error_is_lasting(error->kind)
            ? "[CONTACTADMIN] The mail server does not let the account of "
              "this listener in; the administrator's log says why"
            : "[UNAVAILABLE] The mail server cannot be used at the moment; "
              "try again later";

    if (is_preauth(d)) {
        say_bye(d, text);
        return;
    }
    anonid_relay_client_say(d->client, "%s NO %s", d->tag, text);
    await_command(d);
    count_error(d);
    anonid_relay_client_resume(d->client);
}

/* Takes the list out of what the server said: 1, or 0 if there is none. */
static int take_list(dialogue_t *d, const anonid_mail_reply_t *reply)
{
    char shown[ANONID_IMAP_LIST_MAX];
    const char *list;
    size_t length;

    if (!anonid_imap_capability_list(reply, &list, &length))
        return 0;
    anonid_imap_capabilities_strip(list, length, shown);
    free(d->list);
    d->list = strdup(shown);
    return d->list != NULL;
}

static void on_capabilities(void *context, const anonid_mail_reply_t *reply)
{
    dialogue_t *d = context;
    anonid_session_t *session = d->session;
    char text[ANONID_MAIL_ERROR_TEXT_MAX];

    if (session->driver->judge(ANONID_PHASE_HELLO, reply)
        != ANONID_VERDICT_GOOD) {
        session->driver->text(reply, text, sizeof(text));
        anonid_session_fail(session, ANONID_MAIL_ERROR_GARBAGE, "%s", text);
        return;
    }
    d->session = NULL;
    (void)take_list(d, reply);
    serve(d, session);
}

static void on_session_failed(void *context, const anonid_mail_error_t *error)
{
    dialogue_t *d = context;
    anonid_session_t *session = d->session;

    d->session = NULL;
    anonid_mail_error_log(error, session->login->service->name,
                          session->server->url, session->login->account->name,
                          0);
    anonid_session_close(session);
    fail_login(d, error);
}

static const anonid_session_user_t capability_user = { NULL, on_capabilities,
                                                       NULL,
                                                       on_session_failed };

static void ask_capabilities(dialogue_t *d, anonid_session_t *session)
{
    char command[ANONID_COMMAND_MAX];

    d->session = session;
    anonid_session_use(session, &capability_user, d);
    session->driver->hello("", command);
    anonid_session_say(session, ANONID_PHASE_HELLO, "%s", command);
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
    if (take_list(d, &(anonid_mail_reply_t){ 0, session->welcome,
                                             session->welcome_length }))
        serve(d, session);
    else
        ask_capabilities(d, session);
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
        .protocol = ANONID_MAIL_IMAP,
    };
    anonid_mail_error_t error;

    d->state = LOGGING_ON;
    anonid_relay_client_hold(d->client);
    anonid_relay_client_deadline(d->client, LOGIN_SECONDS);
    d->failover = anonid_failover_start(&to, on_session, d, &error);
    if (!d->failover)
        fail_login(d, &error);
}

/* The client has said whatever it wanted to log on with. */
static void take_login(dialogue_t *d)
{
    if (!d->server) {
        log_on(d);
        return;
    }
    accept_login(d);
    await_command(d);
}

/* ---- commands ---- */

static void say_ok(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->client, "%s OK %s", d->tag, text);
}

static void say_bad(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->client, "%s BAD %s", d->tag, text);
    count_error(d);
}

static void do_capability(dialogue_t *d, const anonid_imap_command_t *command)
{
    (void)command;
    d->wants_untagged = 1;
    put_capabilities(d, d->list ? d->list : CAPABILITIES);
    say_ok(d, "Done");
}

static void do_noop(dialogue_t *d, const anonid_imap_command_t *command)
{
    (void)command;
    say_ok(d, "Done");
}

static void do_id(dialogue_t *d, const anonid_imap_command_t *command)
{
    (void)command;
    anonid_relay_client_say(d->client, "* ID (\"name\" \"mod_anonid\")");
    say_ok(d, "Done");
}

static void do_logout(dialogue_t *d, const anonid_imap_command_t *command)
{
    (void)command;
    anonid_relay_client_say(d->client, "* BYE Logging out");
    say_ok(d, "Done");
    anonid_relay_client_finish(d->client);
}

static void do_login(dialogue_t *d, const anonid_imap_command_t *command)
{
    if (anonid_imap_command_astrings(command) != 2)
        say_bad(d, "LOGIN takes a user name and a password");
    else
        take_login(d);
}

/* Asks for the next response of AUTHENTICATE, or has had all. */
static void go_on(dialogue_t *d)
{
    if (!*d->prompts) {
        take_login(d);
        return;
    }
    d->state = RESPONSES;
    anonid_relay_client_say(d->client, "+ %s", *d->prompts++);
}

static void do_authenticate(dialogue_t *d,
                            const anonid_imap_command_t *command)
{
    const char *word;
    size_t length;
    int with_response;

    anonid_imap_command_word(command, &word, &length, &with_response);
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (!anonid_word_is(word, length, mechanisms[i].name))
            continue;
        d->prompts = mechanisms[i].prompts + with_response;
        go_on(d);
        return;
    }
    anonid_relay_client_say(d->client,
                            "%s NO [CANNOT] Use LOGIN or AUTHENTICATE PLAIN; "
                            "any user name and password will do",
                            d->tag);
    count_error(d);
}

typedef struct {
    const char *name;
    void (*run)(dialogue_t *d, const anonid_imap_command_t *command);
} command_t;

static const command_t commands[] = {
    { "LOGIN", do_login },
    { "AUTHENTICATE", do_authenticate },
    { "CAPABILITY", do_capability },
    { "NOOP", do_noop },
    { "ID", do_id },
    { "LOGOUT", do_logout },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const command_t *find_command(const anonid_imap_command_t *command)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (anonid_imap_command_is(command, commands[i].name))
            return &commands[i];
    }
    return NULL;
}

static const char *const faults[] = {
    [ANONID_IMAP_FAULT_TAG] = "A command begins with a tag",
    [ANONID_IMAP_FAULT_LITERAL] = "[TOOBIG] This literal is not wanted",
    [ANONID_IMAP_FAULT_OCTETS] = "NUL, or CR without LF, in a command",
};

static void run(dialogue_t *d, const anonid_imap_command_t *command)
{
    const command_t *row = find_command(command);

    memcpy(d->tag, command->tag, command->tag_length);
    d->tag[command->tag_length] = '\0';
    anonid_relay_client_deadline(d->client, DEADLINE_SECONDS);
    if (command->fault != ANONID_IMAP_FAULT_NONE)
        say_bad(d, faults[command->fault]);
    else if (row)
        row->run(d, command);
    else
        say_bad(d, "Log in first; any user name and password will do");
}

/* ---- what comes ---- */

/* One line of AUTHENTICATE, which may be anything. */
static size_t take_response(dialogue_t *d, const char *data, size_t length)
{
    const char *lf = memchr(data, '\n', length);
    size_t n = lf ? (size_t)(lf - data) : length;

    if (n > ANONID_IMAP_LINE_MAX) {
        say_bye(d, "Line too long");
        return length;
    }
    if (!lf)
        return 0;
    if (n > 0 && lf[-1] == '\r')
        n--;
    d->state = COMMANDS;
    if (n == 1 && data[0] == '*')
        say_bad(d, "Cancelled");
    else
        go_on(d);
    return (size_t)(lf - data) + 1;
}

/* 1 if a client that was greeted with PREAUTH has begun to say what is for the
 * server. Those that log on all the same are answered here. */
static int is_for_server(const dialogue_t *d, anonid_parse_t state,
                         const anonid_imap_command_t *command)
{
    const command_t *row;

    if (d->state != READY)
        return 0;
    if (!command->name)
        return state == ANONID_PARSE_BAD;
    row = find_command(command);
    return !row || row->run == do_logout;
}

/* Asks for the literals that were announced, also for those that a client has
 * sent without waiting. */
static void prompt(dialogue_t *d, int prompts)
{
    for (; d->prompted < prompts; d->prompted++)
        anonid_relay_client_say(d->client, "+ Go on");
}

static size_t take_command(dialogue_t *d, const char *data, size_t length)
{
    anonid_imap_command_t command = { 0 };
    size_t consumed = 0;
    anonid_parse_t state =
        anonid_imap_command_parse(data, length, &command, &consumed);

    if (is_for_server(d, state, &command)) {
        join(d);
        return 0;
    }
    prompt(d, command.prompts);
    if (state == ANONID_PARSE_BAD) {
        say_bye(d, "Command too long");
        return length;
    }
    if (state == ANONID_PARSE_MORE)
        return 0;
    d->begun = 1;
    d->prompted = 0;
    run(d, &command);
    return consumed;
}

static size_t input(void *dialogue, const char *data, size_t length)
{
    dialogue_t *d = dialogue;

    if (!d->begun && anonid_relay_is_foreign(d->client, data, length)) {
        say_bye(d, "This is IMAP without TLS");
        return length;
    }
    if (d->state == RESPONSES)
        return take_response(d, data, length);
    return take_command(d, data, length);
}

static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->client = client;
    if (is_preauth(d))
        log_on(d);
    else
        anonid_relay_client_say(client, "* OK [CAPABILITY %s] mod_anonid",
                                CAPABILITIES);
    return d;
}

static void overdue(void *dialogue)
{
    dialogue_t *d = dialogue;

    if (d->state == LOGGING_ON && !is_preauth(d))
        anonid_relay_client_say(d->client,
                                "%s NO [UNAVAILABLE] The mail "
                                "server does not answer",
                                d->tag);
    anonid_relay_client_say(d->client, "* BYE [UNAVAILABLE] Out of time");
}

static void closed(void *dialogue)
{
    dialogue_t *d = dialogue;

    if (d->failover)
        anonid_failover_cancel(d->failover);
    if (d->session)
        anonid_session_close(d->session);
    if (d->server)
        bufferevent_free(d->server);
    anonid_gate_leave(d->pass);
    free(d->list);
    free(d);
}

const anonid_listener_protocol_t anonid_imap_listener = {
    .protocol = ANONID_MAIL_IMAP,
    .stranger = "* BYE This listener is not for your user\r\n",
    .busy = "* BYE [LIMIT] Too many connections\r\n",
    .open = open_dialogue,
    .input = input,
    .overdue = overdue,
    .closed = closed,
};
