/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of an application's messages from a listener to the mail servers of
 * its service, by the pool's warm sessions: each recipient is answered by a
 * server's own reply, and the message by the server's last word. Every answer
 * is one reply line. Event loop only.
 *
 * A server is asked while the application speaks. One that takes its time
 * does not keep a session from others: the session is given back, and the
 * envelope said again when the message is there.
 */
#ifndef ANONID_AGENT_SMTP_OUTWARD_H
#define ANONID_AGENT_SMTP_OUTWARD_H

#include "agent/mail/visitor.h"
#include "agent/message/message.h"
#include "agent/relay/client.h"
#include "agent/smtp/command.h"

/* Recipients of one message. */
#define ANONID_OUTWARD_RECIPIENTS 100

typedef struct anonid_outward_t anonid_outward_t;

/* Answers the RCPT or the message: "250 2.1.5 Ok". May come at once. */
typedef void (*anonid_outward_answer_t)(void *context, const char *line);

/* For a client, which outlives it. NULL without memory. */
anonid_outward_t *anonid_outward_make(anonid_relay_client_t *client,
                                      anonid_outward_answer_t answer,
                                      void *context);

/* Whom messages are for from now on (AnonIDMailClientAddress). */
void anonid_outward_for(anonid_outward_t *out,
                        const anonid_visitor_t *visitor);

/* Begins a message from that sender ("" for none), with what else MAIL has
 * said. */
void anonid_outward_mail(anonid_outward_t *out, const char *mail_from,
                         const anonid_smtp_path_t *mail);

/* Asks for a recipient; then for the message, which lives until the answer.
 * One at a time. */
void anonid_outward_rcpt(anonid_outward_t *out,
                         const anonid_smtp_path_t *recipient);
void anonid_outward_send(anonid_outward_t *out,
                         const anonid_mail_message_t *message);

/* Recipients that a server has accepted. */
int anonid_outward_accepted(const anonid_outward_t *out);

/* Forgets the message: 1 if a server has it, or may have it, since it was not
 * refused after its data had begun. */
int anonid_outward_reset(anonid_outward_t *out);

/* The client is gone: nothing is answered any more. */
void anonid_outward_free(anonid_outward_t *out);

#endif
