/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP as local applications speak it to a listener (RFC 5321, RFC 6409): no
 * password is asked for, and any is taken. What is said to a server, and by
 * which session, is outward.c's.
 */
#include "agent/mail/driver.h"
#include "agent/mail/server.h"
#include "agent/message/envelope.h"
#include "agent/relay/foreign.h"
#include "agent/relay/places.h"
#include "agent/relay/protocol.h"
#include "agent/smtp/command.h"
#include "agent/smtp/intake.h"
#include "agent/smtp/outward.h"
#include "common/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Seconds for which an application may say nothing (RFC 5321 section
 * 4.5.3.2.7), and commands in a row of which nothing comes. */
#define PATIENCE 300
#define ERRORS_MAX 20

typedef enum {
    COMMANDS,
    AUTH_PLAIN,    /* a response is awaited, which is not looked at */
    AUTH_USER,     /* LOGIN: the user's name */
    AUTH_PASSWORD, /* ... and the password */
    MESSAGE
} state_t;

typedef struct {
    anonid_relay_client_t *client;
    const anonid_relay_origin_t *origin;
    anonid_outward_t *out;
    state_t state;
    int greeted;
    int authenticated;
    unsigned offers; /* of the servers, that EHLO has promised */
    int has_mail;    /* MAIL was accepted */
    int is_utf8;     /* ... with SMTPUTF8 */
    int errors;
    int asking_rcpt;
    anonid_relay_places_t places; /* in the service's limits */
    anonid_limit_kind_t asked_for;
    anonid_smtp_path_t path; /* of MAIL or RCPT, while a place is awaited */
    anonid_intake_t intake;
    anonid_mail_message_t message; /* which lies in it */
    char host[256];
    char received[600], date[64], message_id[400];
} dialogue_t;

static void say(dialogue_t *d, const char *line)
{
    d->errors = *line < '4' ? 0 : d->errors + 1;
    anonid_relay_client_say(d->client, "%s", line);
    if (d->errors < ERRORS_MAX)
        return;
    anonid_relay_client_say(d->client, "421 4.7.0 too many errors, good bye");
    anonid_relay_client_finish(d->client);
}

/* ---- the message's own fields ---- */

/* Date of RFC 5322 section 3.3, whatever the locale. */
static void write_date(dialogue_t *d)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    snprintf(d->date, sizeof(d->date), "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
             days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void write_fields(dialogue_t *d)
{
    const char *domain = strrchr(d->origin->service->mail_from, '@');
    unsigned char random[12] = { 0 };
    char id[2 * sizeof(random) + 1];

    (void)!getrandom(random, sizeof(random), GRND_NONBLOCK);
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
    write_date(d);
    snprintf(d->received, sizeof(d->received),
             "by %s (mod_anonid, from uid %ld)\r\n\twith ESMTP id %s; %s",
             d->host, (long)d->origin->caller.uid, id, d->date);
    snprintf(d->message_id, sizeof(d->message_id), "<%s.%ld%s>", id,
             (long)time(NULL), domain);
}

/* ---- limits ---- */

static void take_placed_mail(dialogue_t *d);
static void take_placed_rcpt(dialogue_t *d);

static void refuse_place(dialogue_t *d, int seconds)
{
    char line[128];

    snprintf(line, sizeof(line),
             "451 4.7.1 too many %s are being sent: try again in %d seconds",
             anonid_limit_kind_name(d->asked_for), seconds);
    say(d, line);
    anonid_relay_client_resume(d->client);
}

static void on_placed(void *context, int seconds)
{
    dialogue_t *d = context;

    if (seconds > 0)
        refuse_place(d, seconds);
    else if (d->asked_for == ANONID_LIMIT_MESSAGES)
        take_placed_mail(d);
    else
        take_placed_rcpt(d);
}

/* Asks for a place of what d->path is about. */
static void ask_place(dialogue_t *d, anonid_limit_kind_t kind)
{
    d->asked_for = kind;
    anonid_relay_place_ask(&d->places, kind);
}

/* The message is over: its places are given back, unless they were used. */
static void forget_message(dialogue_t *d)
{
    if (anonid_outward_reset(d->out))
        anonid_relay_places_keep(&d->places);
    anonid_relay_places_leave(&d->places);
}

/* ---- answers of the server ---- */

static void end_message(dialogue_t *d)
{
    forget_message(d);
    anonid_intake_free(&d->intake);
    d->has_mail = 0;
    d->state = COMMANDS;
}

static void on_answer(void *context, const char *line)
{
    dialogue_t *d = context;

    if (!d->asking_rcpt)
        end_message(d);
    else if (*line != '2')
        anonid_limit_give_back(&d->places.holder, ANONID_LIMIT_RECIPIENTS, 1);
    say(d, line);
    anonid_relay_client_deadline(d->client, PATIENCE);
    anonid_relay_client_resume(d->client);
}

/* Nothing is read until the server has answered. */
static void await_answer(dialogue_t *d, int rcpt)
{
    d->asking_rcpt = rcpt;
    anonid_relay_client_hold(d->client);
    anonid_relay_client_deadline(d->client, 0);
}

/* ---- commands ---- */

static void say_helo(dialogue_t *d, const anonid_smtp_command_t *command)
{
    char line[300];

    (void)command;
    end_message(d);
    d->greeted = 1;
    d->offers = 0;
    snprintf(line, sizeof(line), "250 %s", d->host);
    say(d, line);
}

static int takes_xclient(const dialogue_t *d)
{
    return d->origin->service->client_address & ANONID_CLIENT_XCLIENT;
}

static void say_ehlo(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    end_message(d);
    d->greeted = 1;
    d->errors = 0;
    d->offers =
        anonid_server_offers(d->origin->service, ANONID_MAIL_SUBMISSION)
        & (ANONID_CAP_SMTPUTF8 | ANONID_CAP_DSN);
    anonid_relay_client_say(
        d->client,
        "250-%s\r\n250-PIPELINING\r\n250-SIZE %d\r\n"
        "250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n%s%s%s"
        "250 ENHANCEDSTATUSCODES",
        d->host, ANONID_MESSAGE_MAX,
        d->offers & ANONID_CAP_SMTPUTF8 ? "250-SMTPUTF8\r\n" : "",
        d->offers & ANONID_CAP_DSN ? "250-DSN\r\n" : "",
        takes_xclient(d) ? "250-XCLIENT ADDR PORT\r\n" : "");
}

static void say_greeting(dialogue_t *d)
{
    anonid_relay_client_say(d->client, "220 %s ESMTP", d->host);
}

/* An application says whose message comes, as a webmail program does. It
 * begins anew. */
static void take_xclient(dialogue_t *d, const anonid_smtp_command_t *command)
{
    anonid_visitor_t visitor;
    const char *wrong = anonid_smtp_xclient_parse(command, &visitor);

    if (!takes_xclient(d))
        wrong = "550 5.7.1 XCLIENT is not offered (AnonIDMailClientAddress)";
    else if (d->has_mail)
        wrong = "503 5.5.1 XCLIENT does not come in the middle of a message";
    if (wrong) {
        say(d, wrong);
        return;
    }
    anonid_outward_for(d->out, &visitor);
    end_message(d);
    d->greeted = d->authenticated = 0;
    d->offers = 0;
    say_greeting(d);
}

static void end_auth(dialogue_t *d)
{
    d->state = COMMANDS;
    d->authenticated = 1;
    say(d, "235 2.7.0 no password was needed");
}

static int has_initial(const anonid_smtp_command_t *command)
{
    return memchr(command->argument, ' ', command->length) != NULL;
}

static int is_mechanism(const anonid_smtp_command_t *command, const char *name)
{
    size_t n = strlen(name);

    return command->length >= n && strncasecmp(command->argument, name, n) == 0
           && (command->length == n || command->argument[n] == ' ');
}

static void take_auth(dialogue_t *d, const anonid_smtp_command_t *command)
{
    int initial = has_initial(command);

    if (d->authenticated || d->has_mail) {
        say(d, "503 5.5.1 AUTH does not come here");
    }
    else if (is_mechanism(command, "PLAIN")) {
        d->state = AUTH_PLAIN;
        if (initial)
            end_auth(d);
        else
            say(d, "334 ");
    }
    else if (is_mechanism(command, "LOGIN")) {
        d->state = initial ? AUTH_PASSWORD : AUTH_USER;
        say(d, initial ? "334 UGFzc3dvcmQ6" : "334 VXNlcm5hbWU6");
    }
    else {
        say(d, "504 5.5.4 only AUTH PLAIN and AUTH LOGIN, which take any "
               "password");
    }
}

/* A response of AUTH. It is wiped by who has it; nobody looks at it. */
static void take_response(dialogue_t *d, const char *line, size_t length)
{
    if (length == 1 && *line == '*') {
        d->state = COMMANDS;
        say(d, "501 5.7.0 given up");
    }
    else if (d->state == AUTH_USER) {
        d->state = AUTH_PASSWORD;
        say(d, "334 UGFzc3dvcmQ6");
    }
    else {
        end_auth(d);
    }
}

/* RFC 6531 section 3.5. */
#define NO_UTF8                                                               \
    "550 5.6.7 the address is not ASCII, and MAIL does not say SMTPUTF8"

static int is_sender(const dialogue_t *d, const char *address)
{
    return *address == '\0'
           || anonid_address_same(d->origin->service->mail_from, address);
}

static void take_mail(dialogue_t *d, const anonid_smtp_command_t *command)
{
    const anonid_service_t *service = d->origin->service;
    anonid_smtp_path_t *path = &d->path;
    const char *wrong = anonid_smtp_mail_parse(command, d->offers, path);

    if (!d->greeted)
        wrong = "503 5.5.1 say EHLO or HELO first";
    else if (d->has_mail)
        wrong = "503 5.5.1 there is a sender already: say RSET first";
    else if (!wrong && !path->utf8 && anonid_address_utf8(path->address))
        wrong = NO_UTF8;
    else if (!wrong && path->size > ANONID_MESSAGE_MAX)
        wrong = "552 5.3.4 the message is too large";
    else if (!wrong && service->strict_from && !is_sender(d, path->address))
        wrong = "550 5.7.1 this mail service does not send from that address "
                "(AnonIDMailFrom)";
    if (wrong) {
        say(d, wrong);
        return;
    }
    ask_place(d, ANONID_LIMIT_MESSAGES);
}

static void take_placed_mail(dialogue_t *d)
{
    const char *sender = d->origin->service->mail_from;

    anonid_outward_mail(d->out, *d->path.address ? sender : "", &d->path);
    d->is_utf8 = d->path.utf8;
    d->has_mail = 1;
    say(d, "250 2.1.0 Ok");
    anonid_relay_client_resume(d->client);
}

static void take_rcpt(dialogue_t *d, const anonid_smtp_command_t *command)
{
    anonid_smtp_path_t *path = &d->path;
    const char *wrong = anonid_smtp_rcpt_parse(command, d->offers, path);

    if (!d->has_mail)
        wrong = "503 5.5.1 say MAIL first";
    else if (!wrong && !d->is_utf8 && anonid_address_utf8(path->address))
        wrong = NO_UTF8;
    else if (!wrong
             && !anonid_service_allows(d->origin->service, path->address))
        wrong = "550 5.7.1 this mail service does not send to that address "
                "(AnonIDMailAllow)";
    else if (!wrong
             && anonid_outward_accepted(d->out) >= ANONID_OUTWARD_RECIPIENTS)
        wrong = "452 4.5.3 too many recipients";
    if (wrong) {
        say(d, wrong);
        return;
    }
    ask_place(d, ANONID_LIMIT_RECIPIENTS);
}

static void take_placed_rcpt(dialogue_t *d)
{
    await_answer(d, 1);
    anonid_outward_rcpt(d->out, &d->path);
}

static void take_data(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    if (!d->has_mail || anonid_outward_accepted(d->out) == 0) {
        say(d, d->has_mail ? "554 5.5.1 no recipient was accepted"
                           : "503 5.5.1 say MAIL first");
        return;
    }
    write_fields(d);
    d->intake = (anonid_intake_t){
        .strict = (d->origin->listener->flags & ANONID_LISTENER_STRICT) != 0,
        .limit = ANONID_MESSAGE_MAX,
        .header = { .mail_from = d->origin->service->mail_from,
                    .received = d->received,
                    .date = d->date,
                    .message_id = d->message_id },
    };
    anonid_intake_begin(&d->intake);
    d->state = MESSAGE;
    say(d, "354 end the message with CRLF . CRLF");
}

static void take_rset(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    end_message(d);
    say(d, "250 2.0.0 Ok");
}

static void take_quit(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    say(d, "221 2.0.0 good bye");
    anonid_relay_client_finish(d->client);
}

/* Octets follow that are no commands, so nothing more is read. */
static void take_bdat(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    say(d, "502 5.5.1 BDAT is not offered");
    anonid_relay_client_finish(d->client);
}

/* A page in a browser on this machine can have it post to any port. */
static void take_http(dialogue_t *d, const anonid_smtp_command_t *command)
{
    (void)command;
    anonid_relay_report_foreign(d->client, ANONID_FOREIGN_HTTP);
    say(d, "554 5.5.1 this is no web server");
    anonid_relay_client_finish(d->client);
}

/* ---- the table ---- */

static const struct {
    void (*take)(dialogue_t *d, const anonid_smtp_command_t *command);
    const char *reply; /* if that is all */
} commands[ANONID_SMTP_VERBS] = {
    [ANONID_SMTP_UNKNOWN] = { NULL, "500 5.5.2 no such command" },
    [ANONID_SMTP_HELO] = { say_helo, NULL },
    [ANONID_SMTP_EHLO] = { say_ehlo, NULL },
    [ANONID_SMTP_AUTH] = { take_auth, NULL },
    [ANONID_SMTP_MAIL] = { take_mail, NULL },
    [ANONID_SMTP_RCPT] = { take_rcpt, NULL },
    [ANONID_SMTP_DATA] = { take_data, NULL },
    [ANONID_SMTP_RSET] = { take_rset, NULL },
    [ANONID_SMTP_NOOP] = { NULL, "250 2.0.0 Ok" },
    [ANONID_SMTP_HELP] = { NULL, "214 2.0.0 see RFC 5321" },
    [ANONID_SMTP_VRFY] = { NULL, "252 2.5.0 try RCPT" },
    [ANONID_SMTP_QUIT] = { take_quit, NULL },
    [ANONID_SMTP_STARTTLS] = { NULL, "502 5.5.1 no TLS on this machine: set "
                                     "the encryption to none" },
    [ANONID_SMTP_BDAT] = { take_bdat, NULL },
    [ANONID_SMTP_XCLIENT] = { take_xclient, NULL },
    [ANONID_SMTP_HTTP] = { take_http, NULL },
};

static void take_command(dialogue_t *d, const char *line, size_t length)
{
    anonid_smtp_command_t command;

    anonid_smtp_command_parse(line, length, &command);
    if (commands[command.verb].take)
        commands[command.verb].take(d, &command);
    else
        say(d, commands[command.verb].reply);
}

static void refuse_tls(dialogue_t *d)
{
    anonid_relay_report_foreign(d->client, ANONID_FOREIGN_TLS);
    anonid_relay_client_finish(d->client);
}

static size_t take_line(dialogue_t *d, const char *data, size_t length)
{
    int strict = d->origin->listener->flags & ANONID_LISTENER_STRICT;
    size_t line, content;
    int bare, found = anonid_smtp_line(data, length, &line, &bare);

    if (anonid_smtp_is_tls(data, length)) {
        refuse_tls(d);
        return length;
    }
    if (found == 0)
        return 0;
    if (found < 0 || (bare && strict)) {
        say(d, found < 0 ? "500 5.5.6 the line is too long"
                         : "500 5.5.2 the line does not end in CRLF");
        anonid_relay_client_finish(d->client);
        return length;
    }
    content = line - 1;
    content -= content > 0 && data[content - 1] == '\r';
    if (d->state == COMMANDS)
        take_command(d, data, content);
    else
        take_response(d, data, content);
    return line;
}

static size_t take_message(dialogue_t *d, const char *data, size_t length)
{
    size_t taken = anonid_intake_feed(&d->intake, data, length);

    if (!d->intake.ended)
        return taken;
    if (d->intake.wrong) {
        const char *wrong = d->intake.wrong;

        end_message(d);
        say(d, wrong);
        return taken;
    }
    d->message = anonid_intake_message(&d->intake);
    await_answer(d, 0);
    anonid_outward_send(d->out, &d->message);
    return taken;
}

static size_t input(void *context, const char *data, size_t length)
{
    dialogue_t *d = context;

    anonid_relay_client_deadline(d->client, PATIENCE);
    return d->state == MESSAGE ? take_message(d, data, length)
                               : take_line(d, data, length);
}

static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->client = client;
    d->origin = anonid_relay_client_origin(client);
    d->places = (anonid_relay_places_t){ .client = client,
                                         .placed = on_placed,
                                         .context = d };
    d->out = anonid_outward_make(client, on_answer, d);
    if (!d->out) {
        free(d);
        return NULL;
    }
    if (gethostname(d->host, sizeof(d->host) - 1) != 0 || !d->host[0])
        snprintf(d->host, sizeof(d->host), "localhost");
    say_greeting(d);
    return d;
}

static void overdue(void *context)
{
    dialogue_t *d = context;

    anonid_relay_client_say(d->client, "421 4.4.2 nothing came for too long");
}

static void closed(void *context)
{
    dialogue_t *d = context;

    forget_message(d);
    anonid_outward_free(d->out);
    anonid_intake_free(&d->intake);
    free(d);
}

const anonid_listener_protocol_t anonid_smtp_listener = {
    .protocol = ANONID_MAIL_SUBMISSION,
    .stranger = "554 5.7.1 you may not use this listener (users=)\r\n",
    .busy = "421 4.7.0 too many connections\r\n",
    .open = open_dialogue,
    .input = input,
    .overdue = overdue,
    .closed = closed,
};
