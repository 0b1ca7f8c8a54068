/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message over a logged-on SMTP session: RSET on a session that was used
 * before, MAIL, RCPT for each address, DATA, the message, the final dot.
 */
#ifndef ANONID_AGENT_SMTP_TRANSACTION_H
#define ANONID_AGENT_SMTP_TRANSACTION_H

#include "agent/message/envelope.h"
#include "agent/message/message.h"
#include "agent/mail/session.h"

typedef enum {
    ANONID_SMTP_ACCEPTED,  /* final 250; the envelope says for whom */
    ANONID_SMTP_LATER,     /* the server said 4xx */
    ANONID_SMTP_REFUSED,   /* the server said 5xx, or lacks what is needed */
    ANONID_SMTP_TOO_LARGE, /* for the server */
    ANONID_SMTP_BROKEN,    /* see error; the server does not have it */
    ANONID_SMTP_UNCERTAIN  /* see error; the server may have it */
} anonid_smtp_result_t;

typedef struct {
    anonid_smtp_result_t result;
    int begun;    /* DATA was accepted: nobody else may be tried */
    int reusable; /* the session is fit for another message */
    anonid_phase_t phase;
    anonid_mail_error_t error; /* BROKEN and UNCERTAIN */
    const char *code; /* of our own words, "550 5.6.7"; NULL: the result's */
    char text[ANONID_REPLY_TEXT_MAX]; /* the server's words, or ours */
} anonid_smtp_outcome_t;

typedef struct anonid_smtp_transaction_t anonid_smtp_transaction_t;

typedef struct {
    /* DATA was accepted. May be NULL. */
    void (*begun)(void *context);
    /* The end; the session is the callee's again. */
    void (*done)(void *context, anonid_session_t *session,
                 const anonid_smtp_outcome_t *outcome);
} anonid_smtp_events_t;

/* 1 if the server, by what it offered, can take the message; else 0 with the
 * outcome. message NULL: the envelope, before there is a message. */
int anonid_smtp_fits(const anonid_session_t *session,
                     const anonid_envelope_t *envelope,
                     const anonid_mail_message_t *message,
                     anonid_smtp_outcome_t *outcome);

/* Takes the session over. Envelope and message must outlive the transaction;
 * the envelope, to which no server has said anything, is for this one.
 * NULL without memory (the session stays the caller's); otherwise done is
 * called once, later. */
anonid_smtp_transaction_t *anonid_smtp_transaction_start(
    anonid_session_t *session, anonid_envelope_t *envelope,
    const anonid_mail_message_t *message, const anonid_smtp_events_t *events,
    void *context);

/* The same where the envelope was said already, and some of it accepted: goes
 * on with DATA. */
anonid_smtp_transaction_t *anonid_smtp_transaction_resume(
    anonid_session_t *session, anonid_envelope_t *envelope,
    const anonid_mail_message_t *message, const anonid_smtp_events_t *events,
    void *context);

/* Gives it up; done will not be called. The session, which is of no use any
 * more, is the caller's again. */
anonid_session_t *anonid_smtp_transaction_cancel(anonid_smtp_transaction_t *t);

#endif
