/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAIL and RCPT, command by command; see opening.h.
 */
#include "agent/smtp/opening.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct anonid_smtp_opening_t {
    anonid_session_t *session;
    const anonid_smtp_opening_events_t *events;
    void *context;
    anonid_phase_t phase; /* of the reply that is awaited */
    int awaits;
    const anonid_envelope_t *envelope;
    uint64_t size;
    int eight_bit;
    anonid_envelope_address_t recipient; /* the first */
};

static void ask(anonid_smtp_opening_t *o, anonid_phase_t phase)
{
    o->phase = phase;
    o->awaits = 1;
}

static void say_mail(anonid_smtp_opening_t *o)
{
    const unsigned offers = o->session->caps.flags;
    const anonid_envelope_t *envelope = o->envelope;
    char size[32] = "";

    if (o->size > 0 && (offers & ANONID_CAP_SIZE))
        snprintf(size, sizeof(size), " SIZE=%" PRIu64, o->size);
    ask(o, ANONID_PHASE_MAIL);
    anonid_session_say(
        o->session, o->phase, "MAIL FROM:<%s>%s%s%s%s", envelope->mail_from,
        size,
        o->eight_bit && (offers & ANONID_CAP_8BITMIME) ? " BODY=8BITMIME" : "",
        anonid_envelope_utf8(envelope) ? " SMTPUTF8" : "",
        envelope->dsn ? envelope->dsn : "");
}

void anonid_smtp_opening_rcpt(anonid_smtp_opening_t *o,
                              const anonid_envelope_address_t *recipient)
{
    ask(o, ANONID_PHASE_RCPT);
    anonid_session_say(o->session, o->phase, "RCPT TO:<%s>%s",
                       recipient->address,
                       recipient->dsn ? recipient->dsn : "");
}

/* What no server says here. */
static void fail_reply(anonid_smtp_opening_t *o)
{
    anonid_session_fail(o->session, ANONID_MAIL_ERROR_GARBAGE,
                        "unexpected reply");
}

static void on_reply(void *context, const anonid_mail_reply_t *reply)
{
    anonid_smtp_opening_t *o = context;
    int good = reply->code / 100 == 2;

    o->awaits = 0;
    if (reply->code < 400 && !good)
        fail_reply(o);
    else if (o->phase == ANONID_PHASE_RSET && good)
        say_mail(o);
    else if (o->phase == ANONID_PHASE_RSET)
        fail_reply(o);
    else if (o->phase == ANONID_PHASE_MAIL && good)
        anonid_smtp_opening_rcpt(o, &o->recipient);
    else
        o->events->reply(o->context, o->phase, reply);
}

static void on_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_smtp_opening_t *o = context;

    o->events->lost(o->context, error);
}

static const anonid_session_user_t opening_user = { NULL, on_reply, NULL,
                                                    on_failed };

anonid_smtp_opening_t *anonid_smtp_opening_start(
    anonid_session_t *session, const anonid_envelope_t *envelope,
    uint64_t size, int eight_bit, const anonid_envelope_address_t *recipient,
    const anonid_smtp_opening_events_t *events, void *context)
{
    anonid_smtp_opening_t *o = calloc(1, sizeof(*o));

    if (!o)
        return NULL;
    *o = (anonid_smtp_opening_t){ .session = session,
                                  .events = events,
                                  .context = context,
                                  .envelope = envelope,
                                  .size = size,
                                  .eight_bit = eight_bit,
                                  .recipient = *recipient };
    anonid_session_use(session, &opening_user, o);
    if (session->used == 0) {
        say_mail(o);
        return o;
    }
    ask(o, ANONID_PHASE_RSET);
    anonid_session_say(session, o->phase, "RSET");
    return o;
}

int anonid_smtp_opening_is_open(const anonid_smtp_opening_t *o)
{
    return !o->awaits && !o->session->spent;
}

unsigned anonid_smtp_opening_offers(const anonid_smtp_opening_t *o)
{
    return o->session->caps.flags;
}

anonid_session_t *anonid_smtp_opening_end(anonid_smtp_opening_t *o)
{
    anonid_session_t *session = o->session;

    free(o);
    return session;
}
