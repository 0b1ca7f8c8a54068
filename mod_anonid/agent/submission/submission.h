/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message's way to the mail server: policy, recipients, connection,
 * failover, outcome. Runs on the event loop; nothing in it blocks.
 */
#ifndef ANONID_AGENT_SUBMISSION_SUBMISSION_H
#define ANONID_AGENT_SUBMISSION_SUBMISSION_H

#include "agent/submission/delivery.h"

struct event_base;

/* Called once with what became of the message; both live until it returns. */
typedef void (*anonid_submission_done_t)(void *context,
                                         const anonid_mandate_t *mandate,
                                         const anonid_delivery_t *verdict);

typedef struct anonid_submission_t anonid_submission_t;

/* Prepares mail for the loop (TLS, SASL, warm pool). Once, at start. */
apr_status_t anonid_mail_start(struct event_base *base);
void anonid_mail_stop(void);

/* Starts to submit a message; takes request->message, and nothing else of the
 * request is looked at later. done may be called before this returns (bad
 * request), and then NULL is returned; otherwise the submission, valid until
 * done. */
anonid_submission_t *
anonid_submission_start(const anonid_submission_request_t *request,
                        anonid_submission_done_t done, void *context);

/* The asker is gone: done will not be called. A message whose DATA is under
 * way is finished all the same (it was asked for), others are given up. */
void anonid_submission_abandon(anonid_submission_t *submission);

#endif
