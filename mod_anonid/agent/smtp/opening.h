/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of a message, said to a mail server while an application says
 * it to us: RSET on a session that was used before, MAIL, then RCPT one by
 * one, each answered by the server's own reply. The message follows by
 * anonid_smtp_transaction_resume.
 */
#ifndef ANONID_AGENT_SMTP_OPENING_H
#define ANONID_AGENT_SMTP_OPENING_H

#include "agent/mail/session.h"
#include "agent/message/envelope.h"

typedef struct anonid_smtp_opening_t anonid_smtp_opening_t;

typedef struct {
    /* What the server says to MAIL, if that is not 250, or to a RCPT. */
    void (*reply)(void *context, anonid_phase_t phase,
                  const anonid_mail_reply_t *reply);
    /* The session is of no use any more, also while nothing is awaited. */
    void (*lost)(void *context, const anonid_mail_error_t *error);
} anonid_smtp_opening_events_t;

/* Takes the session over, to which the envelope fits (anonid_smtp_fits), and
 * says its sender and asks for the first recipient; those in the envelope were
 * asked for before. size 0: not said. NULL without memory: the session stays
 * the caller's. */
anonid_smtp_opening_t *anonid_smtp_opening_start(
    anonid_session_t *session, const anonid_envelope_t *envelope,
    uint64_t size, int eight_bit, const anonid_envelope_address_t *recipient,
    const anonid_smtp_opening_events_t *events, void *context);

/* Asks for another recipient, when the one before was answered. */
void anonid_smtp_opening_rcpt(anonid_smtp_opening_t *opening,
                              const anonid_envelope_address_t *recipient);

/* 1 if all that was asked is answered: the session is fit for the message. */
int anonid_smtp_opening_is_open(const anonid_smtp_opening_t *opening);

/* What its server offers: ANONID_CAP_... */
unsigned anonid_smtp_opening_offers(const anonid_smtp_opening_t *opening);

/* Ends it: the session is the caller's again. */
anonid_session_t *anonid_smtp_opening_end(anonid_smtp_opening_t *opening);

#endif
