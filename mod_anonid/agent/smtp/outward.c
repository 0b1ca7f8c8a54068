/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application's message on its way out; see outward.h.
 *
 *   RCPT     -> session -> opening -> answer      (the next one: opening)
 *   message  -> opening -> transaction -> answer
 *            -> session -> transaction -> answer  (there is no opening)
 *
 * Another server is tried as long as none has begun to take the message.
 */
#include "agent/smtp/outward.h"
#include "agent/base/log.h"
#include "agent/logon/config.h"
#include "agent/mail/first_logon.h"
#include "agent/mail/in_flight.h"
#include "agent/mail/pool.h"
#include "agent/mail/server.h"
#include "agent/smtp/answer.h"
#include "agent/smtp/opening.h"
#include "agent/smtp/reply.h"
#include "agent/smtp/transaction.h"
#include "common/monotonic.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds for which a session waits for its application. */
#define SESSION_WAITS 10

struct anonid_outward_t {
    anonid_relay_client_t *client;
    const anonid_relay_origin_t *origin;
    anonid_outward_answer_t answer;
    void *context;
    apr_pool_t *pool; /* of the message */
    struct event *timer;

    anonid_envelope_t *envelope;          /* of whom a server has accepted */
    anonid_envelope_address_t *recipient; /* asked for now; NULL: none is */
    uint64_t size;
    int eight_bit;
    int partial;      /* the opening lacks who was accepted before it */
    int perhaps_sent; /* a server has the message, or may have it */
    const anonid_mail_message_t *message; /* to be sent now; NULL: none is */
    apr_time_t started;                   /* its sending; monotonic */

    anonid_visitor_t visitor;
    anonid_in_flight_t *flight;        /* while it has or awaits a session */
    anonid_first_logon_t *first_logon; /* of the account, under way */
    anonid_login_t *login;
    int server;  /* index in the service; -1: none yet */
    int round;   /* of going through them */
    char *tried; /* 1 for each that was */
    int reused;
    anonid_pool_request_t *request;
    anonid_smtp_opening_t *opening;
    anonid_smtp_transaction_t *transaction;
    anonid_answer_t reply; /* if nothing better comes */
};

static const anonid_mail_server_t *server_of(const anonid_outward_t *out)
{
    return &APR_ARRAY_IDX(out->origin->service->servers, out->server,
                          anonid_mail_server_t);
}

static void say_later(anonid_outward_t *out, const char *words)
{
    anonid_answer_later(&out->reply, words);
}

static void say_reply(anonid_outward_t *out, const char *text,
                      const char *code)
{
    anonid_answer_reply(&out->reply,
                        out->server >= 0 ? server_of(out)->host : NULL, text,
                        code);
}

static void leave_flight(anonid_outward_t *out)
{
    anonid_in_flight_leave(out->flight);
    out->flight = NULL;
}

/* Gives the answer that is kept. */
static void answer(anonid_outward_t *out)
{
    char line[ANONID_REPLY_TEXT_MAX];

    snprintf(line, sizeof(line), "%s", out->reply.line);
    if (out->message)
        anonid_answer_log(&out->reply,
                          out->server >= 0 ? server_of(out)->url : NULL,
                          out->envelope, out->message, out->started);
    out->recipient = NULL;
    out->message = NULL;
    if (!out->opening)
        leave_flight(out);
    out->answer(out->context, line);
}

/* ---- sessions ---- */

static void set_timer(anonid_outward_t *out, int seconds)
{
    const struct timeval delay = { seconds, 0 };

    (void)evtimer_add(out->timer, &delay);
}

/* The session goes back; the envelope was said, so it needs RSET. */
static void end_opening(anonid_outward_t *out, int reusable)
{
    anonid_session_t *session;

    if (!out->opening)
        return;
    reusable = reusable && anonid_smtp_opening_is_open(out->opening);
    session = anonid_smtp_opening_end(out->opening);
    out->opening = NULL;
    session->used++;
    anonid_mail_pool_put(session, reusable);
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error);

static int ask_session(anonid_outward_t *out, int fresh)
{
    out->request = anonid_mail_pool_get(out->login, server_of(out), fresh,
                                        on_session, out);
    if (!out->request)
        say_later(out, "no memory");
    return out->request != NULL;
}

/* In the first round servers that are down are passed over; in the second
 * just they are tried. */
static int is_for(anonid_outward_t *out)
{
    char *tried = &out->tried[out->server];

    if (server_of(out)->protocol != ANONID_MAIL_SUBMISSION || *tried)
        return 0;
    *tried =
        out->round > 0
        || anonid_server_turn(out->origin->service->name, server_of(out)->url);
    return *tried;
}

static int next_server(anonid_outward_t *out)
{
    const int servers = out->origin->service->servers->nelts;

    for (; out->round < 2; out->round++, out->server = -1) {
        while (++out->server < servers) {
            if (is_for(out))
                return ask_session(out, 0);
        }
    }
    return 0;
}

static int log_on(anonid_outward_t *out)
{
    const anonid_relay_origin_t *origin = out->origin;
    anonid_proof_t proof;

    anonid_login_drop(out->login);
    out->login = NULL;
    if (!anonid_registry_proof(origin->account->name, &proof)) {
        say_later(out, "the web server's account is not logged on");
        return 0;
    }
    out->login = anonid_login_make(anonid_relay_client_base(out->client),
                                   origin->config, origin->account,
                                   origin->service, &proof);
    if (out->login)
        anonid_login_for(out->login, &out->visitor);
    else
        say_later(out, "no memory");
    return out->login != NULL;
}

static void go_to_servers(void *context)
{
    anonid_outward_t *out = context;

    out->first_logon = NULL;
    if (!log_on(out) || !next_server(out))
        answer(out);
}

/* Sets out for a session of any server. */
static void set_out(anonid_outward_t *out)
{
    struct timeval deadline = anonid_phase_deadline(ANONID_PHASE_SUBMISSION);

    say_later(out, "the mail service has no server for messages");
    out->server = -1;
    out->round = 0;
    memset(out->tried, 0, (size_t)out->origin->service->servers->nelts);
    if (!out->flight)
        out->flight = anonid_in_flight_enter(out->origin->service->name,
                                             out->origin->config->workers);
    if (!out->flight) {
        say_later(out, "too many messages are on their way");
        answer(out);
        return;
    }
    (void)evtimer_add(out->timer, &deadline);
    out->first_logon = anonid_first_logon_await(
        anonid_relay_client_base(out->client), out->origin->account->name,
        go_to_servers, out);
    if (!out->first_logon)
        go_to_servers(out);
}

/* ---- recipients ---- */

static void on_reply(void *context, anonid_phase_t phase,
                     const anonid_mail_reply_t *reply)
{
    anonid_outward_t *out = context;
    char text[ANONID_REPLY_TEXT_MAX];
    int rcpt = phase == ANONID_PHASE_RCPT;

    anonid_smtp_reply_text(reply, text, sizeof(text));
    say_reply(out, text, "");
    if (rcpt && reply->code / 100 == 2)
        anonid_envelope_accept(out->pool, out->envelope, out->recipient);
    if (!rcpt || reply->code == 421)
        end_opening(out, reply->code != 421);
    if (!rcpt && reply->code < 500 && next_server(out))
        return;
    set_timer(out, SESSION_WAITS);
    answer(out);
}

static void on_lost(void *context, const anonid_mail_error_t *error)
{
    anonid_outward_t *out = context;

    (void)error;
    if (out->opening && out->reused) {
        /* A kept session that is dead says nothing about the server. */
        anonid_session_t *session = anonid_smtp_opening_end(out->opening);

        out->opening = NULL;
        anonid_mail_pool_distrust(session);
        anonid_mail_pool_put(session, 0);
        if (out->recipient && ask_session(out, 1))
            return;
    }
    end_opening(out, 0);
    if (!out->recipient)
        return;
    say_later(out, "the connection to the mail server was lost");
    if (!next_server(out))
        answer(out);
}

static const anonid_smtp_opening_events_t opening_events = { on_reply,
                                                             on_lost };

/* 1 if the server has what MAIL and this RCPT ask for; else another one is
 * asked, or the application told. */
static int fits_envelope(anonid_outward_t *out, anonid_session_t *session)
{
    anonid_envelope_t asked = *out->envelope;
    anonid_smtp_outcome_t outcome;

    if (out->recipient->dsn)
        asked.dsn = out->recipient->dsn;
    if (anonid_smtp_fits(session, &asked, NULL, &outcome))
        return 1;
    anonid_mail_pool_put(session, 1);
    say_reply(out, outcome.text, outcome.code);
    if (!next_server(out))
        answer(out);
    return 0;
}

/* A session on which the recipients that a server has taken were not said
 * cannot go on with another; those are said when the message is there. */
static void open_session(anonid_outward_t *out, anonid_session_t *session)
{
    if (!fits_envelope(out, session))
        return;
    out->partial = out->envelope->addresses->nelts > 0;
    out->opening = anonid_smtp_opening_start(session, out->envelope, out->size,
                                             out->eight_bit, out->recipient,
                                             &opening_events, out);
    if (out->opening)
        return;
    anonid_mail_pool_put(session, 1);
    say_later(out, "no memory");
    answer(out);
}

static const char *keep_dsn(anonid_outward_t *out,
                            const anonid_smtp_path_t *path)
{
    return path->dsn[0] ? apr_pstrdup(out->pool, path->dsn) : NULL;
}

void anonid_outward_rcpt(anonid_outward_t *out,
                         const anonid_smtp_path_t *recipient)
{
    out->recipient = apr_pcalloc(out->pool, sizeof(*out->recipient));
    out->recipient->address = apr_pstrdup(out->pool, recipient->address);
    out->recipient->dsn = keep_dsn(out, recipient);
    if (!out->opening || !anonid_smtp_opening_is_open(out->opening)) {
        end_opening(out, 0);
        set_out(out);
        return;
    }
    if (out->recipient->dsn
        && !(anonid_smtp_opening_offers(out->opening) & ANONID_CAP_DSN)) {
        say_reply(out, "the server does not offer DSN", "555 5.5.4");
        answer(out);
        return;
    }
    set_timer(out, (int)anonid_phase_deadline(ANONID_PHASE_RCPT).tv_sec);
    anonid_smtp_opening_rcpt(out->opening, out->recipient);
}

/* ---- the message ---- */

static const struct {
    const char *code;  /* for words of our own */
    const char *words; /* NULL: the outcome's */
} outcomes[] = {
    [ANONID_SMTP_ACCEPTED] = { "250 2.0.0", NULL },
    [ANONID_SMTP_LATER] = { "451 4.3.0", NULL },
    [ANONID_SMTP_REFUSED] = { "554 5.6.3", NULL },
    [ANONID_SMTP_TOO_LARGE] = { "552 5.3.4", NULL },
    [ANONID_SMTP_BROKEN] = { "451 4.4.2", "the connection to the mail server "
                                          "was lost: the message was not "
                                          "sent" },
    [ANONID_SMTP_UNCERTAIN] = { "451 4.4.2", "the connection to the mail "
                                             "server was lost: the message "
                                             "was perhaps sent" },
};

static int is_stale(const anonid_outward_t *out,
                    const anonid_smtp_outcome_t *outcome)
{
    return out->reused && !outcome->begun
           && outcome->result == ANONID_SMTP_BROKEN;
}

static void on_done(void *context, anonid_session_t *session,
                    const anonid_smtp_outcome_t *outcome)
{
    anonid_outward_t *out = context;
    const char *words = outcomes[outcome->result].words;
    int elsewhere = !outcome->begun
                    && (outcome->result == ANONID_SMTP_LATER
                        || outcome->result == ANONID_SMTP_BROKEN);

    out->transaction = NULL;
    out->perhaps_sent = outcome->result == ANONID_SMTP_ACCEPTED
                        || outcome->result == ANONID_SMTP_UNCERTAIN;
    if (words && !is_stale(out, outcome))
        anonid_mail_error_log(&outcome->error, out->origin->service->name,
                              server_of(out)->url, out->origin->account->name,
                              0);
    say_reply(out, words ? words : outcome->text,
              outcome->code ? outcome->code : outcomes[outcome->result].code);
    if (is_stale(out, outcome)) {
        anonid_mail_pool_distrust(session);
        anonid_mail_pool_put(session, 0);
        if (ask_session(out, 1))
            return;
    }
    else {
        anonid_mail_pool_put(session, outcome->reusable);
        if (elsewhere && next_server(out))
            return;
    }
    answer(out);
}

static void on_begun(void *context)
{
    anonid_outward_t *out = context;

    out->perhaps_sent = 1;
    evtimer_del(out->timer);
}

static const anonid_smtp_events_t transaction_events = { on_begun, on_done };

/* All of the message over a session on which nothing was said of it. */
static void send_over(anonid_outward_t *out, anonid_session_t *session)
{
    anonid_smtp_outcome_t outcome;

    out->envelope = anonid_envelope_again(out->pool, out->envelope);
    out->envelope->whole = 1;
    if (!anonid_smtp_fits(session, out->envelope, out->message, &outcome)) {
        on_done(out, session, &outcome);
        return;
    }
    out->transaction = anonid_smtp_transaction_start(
        session, out->envelope, out->message, &transaction_events, out);
    if (out->transaction)
        return;
    anonid_mail_pool_put(session, 1);
    say_later(out, "no memory");
    answer(out);
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error)
{
    anonid_outward_t *out = context;

    out->request = NULL;
    if (!session) {
        snprintf(out->reply.line, sizeof(out->reply.line), "451 %s %s",
                 error->phase == ANONID_PHASE_AUTH ? "4.7.0" : "4.4.1",
                 anonid_mail_error_public(error->kind));
        if (!anonid_mail_error_info(error->kind)->next_server
            || !next_server(out))
            answer(out);
        return;
    }
    out->reused = session->used > 0;
    if (out->message)
        send_over(out, session);
    else
        open_session(out, session);
}

/* 1 if what MAIL said fits the message, and all that were accepted were said
 * to that server. */
static int can_go_on(const anonid_outward_t *out)
{
    const anonid_message_traits_t *traits = &out->message->traits;

    return out->opening && anonid_smtp_opening_is_open(out->opening)
           && !out->partial
           && (!traits->utf8 || anonid_envelope_utf8(out->envelope))
           && (!traits->eight_bit || out->eight_bit);
}

static int fits_opening(anonid_outward_t *out, anonid_session_t *session)
{
    anonid_smtp_outcome_t outcome;

    if (anonid_smtp_fits(session, out->envelope, out->message, &outcome))
        return 1;
    session->used++;
    on_done(out, session, &outcome);
    return 0;
}

void anonid_outward_send(anonid_outward_t *out,
                         const anonid_mail_message_t *message)
{
    struct timeval deadline = anonid_phase_deadline(ANONID_PHASE_SUBMISSION);
    anonid_session_t *session;

    out->message = message;
    out->started = anonid_monotonic_now();
    if (!can_go_on(out)) {
        end_opening(out, 1);
        set_out(out);
        return;
    }
    session = anonid_smtp_opening_end(out->opening);
    out->opening = NULL;
    if (!fits_opening(out, session))
        return;
    (void)evtimer_add(out->timer, &deadline);
    out->transaction = anonid_smtp_transaction_resume(
        session, out->envelope, message, &transaction_events, out);
    if (out->transaction)
        return;
    session->used++;
    anonid_mail_pool_put(session, 1);
    say_later(out, "no memory");
    answer(out);
}

/* ---- begin and end ---- */

/* Lets go of whatever it waits for. */
static void give_up(anonid_outward_t *out)
{
    anonid_first_logon_cancel(out->first_logon);
    out->first_logon = NULL;
    if (out->request)
        anonid_mail_pool_cancel(out->request);
    out->request = NULL;
    if (out->transaction)
        anonid_mail_pool_put(anonid_smtp_transaction_cancel(out->transaction),
                             0);
    out->transaction = NULL;
    end_opening(out, 1);
    leave_flight(out);
    (void)evtimer_del(out->timer);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    anonid_outward_t *out = context;
    int asked = out->recipient || out->message;

    (void)fd;
    (void)what;
    give_up(out);
    if (!asked)
        return;
    say_later(out, "no mail server answered in time");
    answer(out);
}

anonid_outward_t *anonid_outward_make(anonid_relay_client_t *client,
                                      anonid_outward_answer_t answered,
                                      void *context)
{
    anonid_outward_t *out = calloc(1, sizeof(*out));

    if (!out)
        return NULL;
    out->client = client;
    out->origin = out->reply.origin = anonid_relay_client_origin(client);
    out->answer = answered;
    out->context = context;
    out->server = -1;
    out->tried = calloc((size_t)out->origin->service->servers->nelts, 1);
    out->timer = evtimer_new(anonid_relay_client_base(client), on_timer, out);
    if (out->tried && out->timer
        && apr_pool_create(&out->pool, NULL) == APR_SUCCESS)
        return out;
    if (out->timer)
        event_free(out->timer);
    free(out->tried);
    free(out);
    return NULL;
}

void anonid_outward_for(anonid_outward_t *out, const anonid_visitor_t *visitor)
{
    (void)anonid_outward_reset(out);
    out->visitor = *visitor;
}

void anonid_outward_mail(anonid_outward_t *out, const char *mail_from,
                         const anonid_smtp_path_t *mail)
{
    (void)anonid_outward_reset(out);
    out->envelope =
        anonid_envelope_make(out->pool, apr_pstrdup(out->pool, mail_from));
    out->envelope->utf8 = mail->utf8;
    out->envelope->dsn = keep_dsn(out, mail);
    out->size = mail->size;
    out->eight_bit = mail->eight_bit;
}

int anonid_outward_accepted(const anonid_outward_t *out)
{
    return out->envelope ? out->envelope->addresses->nelts : 0;
}

int anonid_outward_reset(anonid_outward_t *out)
{
    int perhaps_sent = out->perhaps_sent;

    give_up(out);
    out->perhaps_sent = 0;
    out->recipient = NULL;
    out->message = NULL;
    out->envelope = NULL;
    apr_pool_clear(out->pool);
    return perhaps_sent;
}

void anonid_outward_free(anonid_outward_t *out)
{
    give_up(out);
    event_free(out->timer);
    anonid_login_drop(out->login);
    apr_pool_destroy(out->pool);
    free(out->tried);
    free(out);
}
