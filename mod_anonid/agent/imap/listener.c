/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application hears that reads mail over IMAP without a password: the
 * dialogue up to its login (relay/login.h), what the server offers to who is
 * logged on, and the two connections as one.
 *
 *   a login -> [capabilities] -> joined
 *
 *   with preauth: a login -> [capabilities] -> greeting
 *            -> (the first command that is not about logging on) -> joined
 */
#include "agent/base/log.h"
#include "agent/imap/capabilities.h"
#include "agent/imap/command.h"
#include "agent/imap/id.h"
#include "agent/relay/login.h"
#include "common/lognos.h"

#include <stdlib.h>
#include <string.h>

/* The one list of what this dialogue does. */
#define CAPABILITIES "IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN"

typedef struct {
    anonid_relay_login_t login; /* the first member */
    int prompted;               /* literals of this command asked for */
    int wants_untagged;         /* it has asked for CAPABILITY */
    char tag[ANONID_IMAP_TAG_MAX + 1];
    anonid_session_t *session;  /* that is asked for its capabilities */
    struct bufferevent *server; /* preauth: joined by the first command */
    char *list;                 /* what the server offers; NULL: not known */
} dialogue_t;

static int is_preauth(const dialogue_t *d)
{
    return anonid_relay_client_origin(d->login.client)->listener->flags
           & ANONID_LISTENER_PREAUTH;
}

/* ---- joined with a server ---- */

static void put(dialogue_t *d, const char *text)
{
    anonid_relay_client_write(d->login.client, text, strlen(text));
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
    anonid_relay_client_join(d->login.client, server);
}

/* Everything is known of the server. */
static void serve(dialogue_t *d, anonid_session_t *session)
{
    d->server = anonid_relay_login_detach(&d->login, session);
    if (!is_preauth(d)) {
        accept_login(d);
        join(d);
        return;
    }
    put(d, "* PREAUTH");
    put_welcome(d);
    anonid_relay_login_await(&d->login);
    anonid_relay_client_resume(d->login.client);
}

/* ---- logging on ---- */

static void refuse(anonid_relay_login_t *login, const char *text)
{
    dialogue_t *d = (dialogue_t *)login;

    if (is_preauth(d))
        anonid_relay_login_bye(login, text);
    else
        anonid_relay_client_say(d->login.client, "%s NO %s", d->tag, text);
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
    anonid_relay_login_fail(&d->login, error);
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

static void logged_on(anonid_relay_login_t *login, anonid_session_t *session)
{
    dialogue_t *d = (dialogue_t *)login;

    if (take_list(d, &(anonid_mail_reply_t){ 0, session->welcome,
                                             session->welcome_length }))
        serve(d, session);
    else
        ask_capabilities(d, session);
}

/* Each relay on the way leaves one place less to others. */
static void refuse_loop(anonid_relay_login_t *login)
{
    anonid_log(ANONID_LOG_ERROR,
               ANONID_LOGNO(0234) "AnonIDMailListen '%s': a login went "
                                  "through too many relays, and was refused: "
                                  "does a server of the mail service lead "
                                  "back here?",
               anonid_relay_client_origin(login->client)->listener->url);
    refuse(login, "[CONTACTADMIN] This login goes round in a loop");
    anonid_relay_login_await(login);
    anonid_relay_login_error(login);
}

/* The client has said whatever it wanted to log on with. */
static void complete(anonid_relay_login_t *login)
{
    dialogue_t *d = (dialogue_t *)login;

    if (login->visitor.hops <= 1) {
        refuse_loop(login);
        return;
    }
    if (!d->server) {
        anonid_relay_login_start(login);
        return;
    }
    accept_login(d);
    anonid_relay_login_await(login);
}

/* ---- commands ---- */

static void say_ok(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->login.client, "%s OK %s", d->tag, text);
}

static void say_bad(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->login.client, "%s BAD %s", d->tag, text);
    anonid_relay_login_error(&d->login);
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
    anonid_imap_id_read(command->arguments, command->arguments_length,
                        &d->login.visitor);
    anonid_relay_client_say(d->login.client, "* ID (\"name\" \"mod_anonid\")");
    say_ok(d, "Done");
}

static void do_logout(dialogue_t *d, const anonid_imap_command_t *command)
{
    (void)command;
    anonid_relay_client_say(d->login.client, "* BYE Logging out");
    say_ok(d, "Done");
    anonid_relay_client_finish(d->login.client);
}

static void do_login(dialogue_t *d, const anonid_imap_command_t *command)
{
    if (anonid_imap_command_astrings(command) != 2)
        say_bad(d, "LOGIN takes a user name and a password");
    else
        complete(&d->login);
}

static void do_authenticate(dialogue_t *d,
                            const anonid_imap_command_t *command)
{
    const char *word;
    size_t length;
    int with_response;

    anonid_imap_command_word(command, &word, &length, &with_response);
    if (anonid_relay_login_auth(&d->login, word, length, with_response))
        return;
    anonid_relay_client_say(d->login.client,
                            "%s NO [CANNOT] Use LOGIN or AUTHENTICATE PLAIN; "
                            "any user name and password will do",
                            d->tag);
    anonid_relay_login_error(&d->login);
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
    anonid_relay_login_await(&d->login);
    if (command->fault != ANONID_IMAP_FAULT_NONE)
        say_bad(d, faults[command->fault]);
    else if (row)
        row->run(d, command);
    else
        say_bad(d, "Log in first; any user name and password will do");
}

/* ---- what comes ---- */

static void cancelled(anonid_relay_login_t *login)
{
    dialogue_t *d = (dialogue_t *)login;

    anonid_relay_client_say(d->login.client, "%s BAD Cancelled", d->tag);
}

/* 1 if a client that was greeted with PREAUTH has begun to say what is for the
 * server. Those that log on all the same are answered here. */
static int is_for_server(const dialogue_t *d, anonid_parse_t state,
                         const anonid_imap_command_t *command)
{
    const command_t *row;

    if (!d->server)
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
        anonid_relay_client_say(d->login.client, "+ Go on");
}

static size_t take_command(anonid_relay_login_t *login, const char *data,
                           size_t length)
{
    dialogue_t *d = (dialogue_t *)login;
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
        anonid_relay_login_bye(login, "Command too long");
        return length;
    }
    if (state == ANONID_PARSE_MORE)
        return 0;
    d->prompted = 0;
    run(d, &command);
    return consumed;
}

static const anonid_relay_login_protocol_t login_protocol = {
    .protocol = ANONID_MAIL_IMAP,
    .name = "IMAP",
    .bye = "* BYE",
    .lasting = "[CONTACTADMIN]",
    .for_now = "[UNAVAILABLE]",
    .limited = "[LIMIT]",
    .command = take_command,
    .cancelled = cancelled,
    .complete = complete,
    .logged_on = logged_on,
    .refuse = refuse,
};

static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->login.client = client;
    d->login.protocol = &login_protocol;
    d->login.visitor.hops = ANONID_IMAP_HOPS;
    if (is_preauth(d))
        anonid_relay_login_start(&d->login);
    else
        anonid_relay_client_say(client, "* OK [CAPABILITY %s] mod_anonid",
                                CAPABILITIES);
    return d;
}

static void closed(void *dialogue)
{
    dialogue_t *d = dialogue;

    anonid_relay_login_close(&d->login);
    if (d->session)
        anonid_session_close(d->session);
    if (d->server)
        bufferevent_free(d->server);
    free(d->list);
    free(d);
}

const anonid_listener_protocol_t anonid_imap_listener = {
    .protocol = ANONID_MAIL_IMAP,
    .stranger = "* BYE This listener is not for your user\r\n",
    .busy = "* BYE [LIMIT] Too many connections\r\n",
    .open = open_dialogue,
    .input = anonid_relay_login_input,
    .overdue = anonid_relay_login_overdue,
    .closed = closed,
};
