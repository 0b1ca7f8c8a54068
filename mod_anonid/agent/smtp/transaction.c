/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message over SMTP; see transaction.h.
 *
 *   [RSET] MAIL RCPT+     the envelope: all at once if the server offers
 *                         PIPELINING (RFC 2920), else one by one
 *   DATA                  never pipelined: a server that takes it without a
 *                         recipient would get a message
 *   body dot              from here on there is no second attempt
 *
 * The table of states says what each does with its reply.
 */
#include "agent/smtp/transaction.h"
#include "agent/smtp/dotstuff.h"
#include "agent/smtp/reply.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets written at a time; with what is still unsent, the memory that a
 * message of any size takes. */
#define PIECE 16384

struct anonid_smtp_transaction_t {
    anonid_session_t *session;
    anonid_envelope_t *envelope;
    const anonid_mail_message_t *message;
    const anonid_smtp_events_t *events;
    void *context;
    anonid_phase_t phase; /* of the reply that is awaited next */
    int recipient;        /* ... and of which address */
    int spoken;           /* commands of the envelope that were said */
    anonid_dotstuff_t body;
    anonid_smtp_outcome_t outcome;
};

static anonid_envelope_address_t *recipient_at(anonid_smtp_transaction_t *t,
                                               int i)
{
    return APR_ARRAY_IDX(t->envelope->addresses, i,
                         anonid_envelope_address_t *);
}

static void finish(anonid_smtp_transaction_t *t, anonid_smtp_result_t result)
{
    anonid_smtp_outcome_t outcome = t->outcome;
    const anonid_smtp_events_t *events = t->events;
    anonid_session_t *session = t->session;
    void *context = t->context;

    outcome.result = result;
    outcome.phase = t->phase;
    outcome.reusable &= !session->spent;
    session->used++;
    free(t);
    events->done(context, session, &outcome);
}

/* 421 means that the server is about to close (RFC 5321 section 3.8); what
 * it still owes to pipelined commands is not worth reading. */
static void finish_refused(anonid_smtp_transaction_t *t,
                           const anonid_mail_reply_t *reply)
{
    int status[3] = { 0, 0, 0 };
    int enhanced = anonid_smtp_reply_enhanced(reply, status);

    anonid_smtp_reply_text(reply, t->outcome.text, sizeof(t->outcome.text));
    t->outcome.reusable = reply->code != 421 && t->session->expected == 0
                          && t->phase != ANONID_PHASE_BODY;
    /* 552 is also a full mailbox, but for 5.3.4 (RFC 1870, RFC 3463). */
    if (reply->code == 552
        && (!enhanced || (status[1] == 3 && status[2] == 4)))
        finish(t, ANONID_SMTP_TOO_LARGE);
    else
        finish(t,
               reply->code >= 500 ? ANONID_SMTP_REFUSED : ANONID_SMTP_LATER);
}

/* The server may have the message once the final dot has left. */
static int dot_is_out(const anonid_smtp_transaction_t *t)
{
    return t->outcome.begun && anonid_dotstuff_done(&t->body)
           && anonid_transport_unsent(t->session->transport) == 0;
}

static void on_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_smtp_transaction_t *t = context;

    t->outcome.error = *error;
    t->outcome.reusable = 0;
    finish(t, dot_is_out(t) ? ANONID_SMTP_UNCERTAIN : ANONID_SMTP_BROKEN);
}

/* A reply that has no business here. */
static void fail_reply(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    char text[ANONID_REPLY_TEXT_MAX];

    anonid_smtp_reply_text(reply, text, sizeof(text));
    anonid_session_fail(t->session, ANONID_MAIL_ERROR_GARBAGE,
                        "unexpected reply: %s", text);
}

/* MAIL FROM with what the server offers and the message needs. */
static void say_mail(anonid_smtp_transaction_t *t)
{
    const unsigned offers = t->session->caps.flags;
    const anonid_message_traits_t *traits = &t->message->traits;
    int utf8 = traits->utf8 || anonid_envelope_utf8(t->envelope);
    char size[32] = "";

    if (offers & ANONID_CAP_SIZE)
        snprintf(size, sizeof(size), " SIZE=%zu", t->message->length);
    anonid_session_say(
        t->session, ANONID_PHASE_MAIL, "MAIL FROM:<%s>%s%s%s%s",
        t->envelope->mail_from, size,
        traits->eight_bit || traits->utf8 ? " BODY=8BITMIME" : "",
        utf8 ? " SMTPUTF8" : "", t->envelope->dsn ? t->envelope->dsn : "");
}

static void say_rcpt(anonid_smtp_transaction_t *t,
                     const anonid_envelope_address_t *recipient)
{
    anonid_session_say(t->session, ANONID_PHASE_RCPT, "RCPT TO:<%s>%s",
                       recipient->address,
                       recipient->dsn ? recipient->dsn : "");
}

/* Says the next command of the envelope: 1, or 0 when all were said. */
static int say_next(anonid_smtp_transaction_t *t)
{
    int step = t->spoken++ - (t->session->used > 0);

    if (step < 0)
        anonid_session_say(t->session, ANONID_PHASE_RSET, "RSET");
    else if (step == 0)
        say_mail(t);
    else if (step <= t->envelope->addresses->nelts)
        say_rcpt(t, recipient_at(t, step - 1));
    else
        return 0;
    return 1;
}

static void say_envelope(anonid_smtp_transaction_t *t)
{
    int pipelining = t->session->caps.flags & ANONID_CAP_PIPELINING;

    while (say_next(t) && pipelining)
        continue;
    anonid_transport_enter(t->session->transport, t->phase);
}

/* Awaits the next reply of the envelope in its own state. */
static void go_on(anonid_smtp_transaction_t *t, anonid_phase_t phase)
{
    t->phase = phase;
    if (t->session->expected == 0)
        say_next(t);
    anonid_transport_enter(t->session->transport, phase);
}

/* All of the envelope was answered. */
static void end_envelope(anonid_smtp_transaction_t *t)
{
    int accepted = anonid_envelope_count(t->envelope, 2);

    if (t->envelope->whole && accepted < t->envelope->addresses->nelts) {
        snprintf(t->outcome.text, sizeof(t->outcome.text),
                 "a recipient that was accepted is refused now");
        t->outcome.reusable = 1;
        finish(t, ANONID_SMTP_LATER);
        return;
    }
    if (accepted > 0) {
        t->phase = ANONID_PHASE_DATA;
        anonid_session_say(t->session, t->phase, "DATA");
        return;
    }
    snprintf(t->outcome.text, sizeof(t->outcome.text), "%s",
             recipient_at(t, 0)->reply);
    t->outcome.reusable = 1;
    finish(t, anonid_envelope_count(t->envelope, 4) > 0 ? ANONID_SMTP_LATER
                                                        : ANONID_SMTP_REFUSED);
}

/* A kept session that does not take RSET is of no use: the same as lost. */
static void after_rset(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    if (reply->code == 250)
        go_on(t, ANONID_PHASE_MAIL);
    else
        fail_reply(t, reply);
}

static void after_mail(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    if (reply->code == 250) {
        go_on(t, ANONID_PHASE_RCPT);
        return;
    }
    if (reply->code < 400) {
        fail_reply(t, reply);
        return;
    }
    finish_refused(t, reply);
}

static void after_rcpt(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    anonid_envelope_address_t *recipient = recipient_at(t, t->recipient);

    if (reply->code / 100 == 3 || reply->code == 421) {
        if (reply->code == 421)
            finish_refused(t, reply);
        else
            fail_reply(t, reply);
        return;
    }
    recipient->code = reply->code;
    anonid_smtp_reply_text(reply, recipient->reply, sizeof(recipient->reply));
    if (++t->recipient < t->envelope->addresses->nelts)
        go_on(t, ANONID_PHASE_RCPT);
    else
        end_envelope(t);
}

/* Queues the next piece of the message. */
static void send_body(anonid_smtp_transaction_t *t)
{
    struct evbuffer *output = anonid_transport_output(t->session->transport);
    struct evbuffer_iovec room;

    while (!anonid_dotstuff_done(&t->body)
           && evbuffer_get_length(output) < ANONID_TRANSPORT_HIGH) {
        if (evbuffer_reserve_space(output, PIECE, &room, 1) != 1) {
            anonid_session_fail(t->session, ANONID_MAIL_ERROR_INTERNAL,
                                "no memory");
            return;
        }
        room.iov_len =
            anonid_dotstuff_next(&t->body, room.iov_base, room.iov_len);
        evbuffer_commit_space(output, &room, 1);
    }
    anonid_transport_enter(t->session->transport, t->phase);
}

static void after_data(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    if (reply->code >= 400) {
        finish_refused(t, reply);
        return;
    }
    if (reply->code != 354) {
        fail_reply(t, reply);
        return;
    }
    t->outcome.begun = 1;
    if (t->events->begun)
        t->events->begun(t->context);
    t->phase = ANONID_PHASE_BODY;
    anonid_dotstuff_begin(&t->body, t->message->data, t->message->length);
    anonid_session_await(t->session, t->phase);
    send_body(t);
}

/* A reply before the dot is out can only refuse. */
static void after_body(anonid_smtp_transaction_t *t,
                       const anonid_mail_reply_t *reply)
{
    if (reply->code >= 400) {
        finish_refused(t, reply);
        return;
    }
    if (!dot_is_out(t) || reply->code != 250) {
        fail_reply(t, reply);
        return;
    }
    anonid_smtp_reply_text(reply, t->outcome.text, sizeof(t->outcome.text));
    t->outcome.reusable = 1;
    finish(t, ANONID_SMTP_ACCEPTED);
}

typedef void (*after_t)(anonid_smtp_transaction_t *t,
                        const anonid_mail_reply_t *reply);

static const after_t states[ANONID_PHASES] = {
    [ANONID_PHASE_RSET] = after_rset, [ANONID_PHASE_MAIL] = after_mail,
    [ANONID_PHASE_RCPT] = after_rcpt, [ANONID_PHASE_DATA] = after_data,
    [ANONID_PHASE_BODY] = after_body, [ANONID_PHASE_DOT] = after_body,
};

static void on_reply(void *context, const anonid_mail_reply_t *reply)
{
    anonid_smtp_transaction_t *t = context;

    states[t->phase](t, reply);
}

static void on_drained(void *context)
{
    anonid_smtp_transaction_t *t = context;

    if (t->phase != ANONID_PHASE_BODY)
        return;
    if (dot_is_out(t)) {
        t->phase = ANONID_PHASE_DOT;
        anonid_transport_enter(t->session->transport, t->phase);
        return;
    }
    send_body(t);
}

static const anonid_session_user_t transaction_user = { NULL, on_reply,
                                                        on_drained,
                                                        on_failed };

typedef struct {
    unsigned flag;    /* that the server would have to offer */
    const char *code; /* what an application is told otherwise */
    const char *text;
} need_t;

static const need_t needs[] = {
    { ANONID_CAP_SMTPUTF8, "550 5.6.7",
      "the server does not offer SMTPUTF8, which the addresses or the header "
      "need" },
    { ANONID_CAP_8BITMIME, "554 5.6.3",
      "the server does not offer 8BITMIME, which the message needs" },
    { ANONID_CAP_DSN, "555 5.5.4",
      "the server does not offer DSN, which is asked for" },
};

static unsigned needs_of(const anonid_envelope_t *envelope,
                         const anonid_message_traits_t *traits)
{
    int utf8 = traits->utf8 || anonid_envelope_utf8(envelope);

    return (utf8 ? ANONID_CAP_SMTPUTF8 : 0)
           | (traits->eight_bit || traits->utf8 ? ANONID_CAP_8BITMIME : 0)
           | (anonid_envelope_dsn(envelope) ? ANONID_CAP_DSN : 0);
}

int anonid_smtp_fits(const anonid_session_t *session,
                     const anonid_envelope_t *envelope,
                     const anonid_mail_message_t *message,
                     anonid_smtp_outcome_t *outcome)
{
    static const anonid_message_traits_t none;
    const anonid_capabilities_t *caps = &session->caps;
    unsigned lack =
        needs_of(envelope, message ? &message->traits : &none) & ~caps->flags;

    memset(outcome, 0, sizeof(*outcome));
    outcome->phase = ANONID_PHASE_MAIL;
    outcome->reusable = 1;
    outcome->result = ANONID_SMTP_REFUSED;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (!(lack & needs[i].flag))
            continue;
        outcome->code = needs[i].code;
        snprintf(outcome->text, sizeof(outcome->text), "%s", needs[i].text);
        return 0;
    }
    if (caps->size == 0 || !message || message->length <= caps->size)
        return 1;
    outcome->result = ANONID_SMTP_TOO_LARGE;
    snprintf(outcome->text, sizeof(outcome->text),
             "the server takes messages of at most %" PRIu64 " octets",
             caps->size);
    return 0;
}

static anonid_smtp_transaction_t *make(anonid_session_t *session,
                                       anonid_envelope_t *envelope,
                                       const anonid_mail_message_t *message,
                                       const anonid_smtp_events_t *events,
                                       void *context)
{
    anonid_smtp_transaction_t *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->session = session;
    t->envelope = envelope;
    t->message = message;
    t->events = events;
    t->context = context;
    anonid_session_use(session, &transaction_user, t);
    return t;
}

anonid_smtp_transaction_t *anonid_smtp_transaction_start(
    anonid_session_t *session, anonid_envelope_t *envelope,
    const anonid_mail_message_t *message, const anonid_smtp_events_t *events,
    void *context)
{
    anonid_smtp_transaction_t *t =
        make(session, envelope, message, events, context);

    if (!t)
        return NULL;
    t->phase = session->used > 0 ? ANONID_PHASE_RSET : ANONID_PHASE_MAIL;
    say_envelope(t);
    return t;
}

anonid_smtp_transaction_t *anonid_smtp_transaction_resume(
    anonid_session_t *session, anonid_envelope_t *envelope,
    const anonid_mail_message_t *message, const anonid_smtp_events_t *events,
    void *context)
{
    anonid_smtp_transaction_t *t =
        make(session, envelope, message, events, context);

    if (!t)
        return NULL;
    t->phase = ANONID_PHASE_DATA;
    anonid_session_say(t->session, t->phase, "DATA");
    return t;
}

anonid_session_t *anonid_smtp_transaction_cancel(anonid_smtp_transaction_t *t)
{
    anonid_session_t *session = t->session;

    free(t);
    return session;
}
