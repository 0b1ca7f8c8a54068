/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application hears that reads mail over POP3 without a password: the
 * dialogue up to its login (relay/login.h; USER and PASS, or AUTH), and the
 * two connections as one.
 */
#include "agent/mail/capabilities.h"
#include "agent/relay/login.h"

#include <stdlib.h>

typedef struct {
    anonid_relay_login_t login; /* the first member */
    int has_user;
} dialogue_t;

static void say(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->login.client, "%s", text);
}

static void say_error(dialogue_t *d, const char *text)
{
    anonid_relay_client_say(d->login.client, "-ERR %s", text);
    anonid_relay_login_error(&d->login);
}

/* ---- logging on ---- */

static void refuse(anonid_relay_login_t *login, const char *text)
{
    dialogue_t *d = (dialogue_t *)login;

    d->has_user = 0;
    anonid_relay_client_say(d->login.client, "-ERR %s", text);
}

static void logged_on(anonid_relay_login_t *login, anonid_session_t *session)
{
    dialogue_t *d = (dialogue_t *)login;

    say(d, "+OK Logged in");
    anonid_relay_client_join(d->login.client,
                             anonid_relay_login_detach(login, session));
}

static void cancelled(anonid_relay_login_t *login)
{
    say((dialogue_t *)login, "-ERR Cancelled");
}

/* ---- commands ---- */

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
    if (anonid_relay_login_auth(&d->login, word, length,
                                anonid_words_next(words, &response, &rest)))
        return;
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
        anonid_relay_login_start(&d->login);
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
    anonid_relay_client_finish(d->login.client);
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

    anonid_relay_login_await(&d->login);
    (void)anonid_words_next(&words, &name, &n);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (anonid_word_is(name, n, commands[i].name)) {
            commands[i].run(d, &words);
            return;
        }
    }
    say_error(d, "Log in first; any user name and password will do");
}

static size_t take_command(anonid_relay_login_t *login, const char *data,
                           size_t length)
{
    size_t text, all;

    if (!anonid_relay_login_line(login, data, length, &text, &all))
        return 0;
    run((dialogue_t *)login, data, text);
    return all;
}

static const anonid_relay_login_protocol_t login_protocol = {
    .protocol = ANONID_MAIL_POP3,
    .name = "POP3",
    .bye = "-ERR",
    .lasting = "[SYS/PERM]",
    .for_now = "[SYS/TEMP]",
    .limited = "[SYS/TEMP]",
    .command = take_command,
    .cancelled = cancelled,
    .complete = anonid_relay_login_start,
    .logged_on = logged_on,
    .refuse = refuse,
};

/* No time stamp in angle brackets: there is no APOP (RFC 1939 section 7). */
static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->login.client = client;
    d->login.protocol = &login_protocol;
    say(d, "+OK mod_anonid");
    return d;
}

static void closed(void *dialogue)
{
    anonid_relay_login_close(dialogue);
    free(dialogue);
}

const anonid_listener_protocol_t anonid_pop3_listener = {
    .protocol = ANONID_MAIL_POP3,
    .stranger = "-ERR This listener is not for your user\r\n",
    .busy = "-ERR [SYS/TEMP] Too many connections\r\n",
    .open = open_dialogue,
    .input = anonid_relay_login_input,
    .overdue = anonid_relay_login_overdue,
    .closed = closed,
};
