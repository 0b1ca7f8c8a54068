/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a submission: SUBMITTED frame and log line. Addresses stay
 * in the log; a worker learns aliases only.
 */
#ifndef ANONID_AGENT_SUBMISSION_DELIVERY_H
#define ANONID_AGENT_SUBMISSION_DELIVERY_H

#include "agent/submission/policy.h"

typedef struct {
    anonid_submit_result_t result;
    int retry_after;          /* seconds; 0: says nothing */
    const char *detail;       /* the server's words, or ours; may be NULL */
    const char *server;       /* its URL; NULL: none was spoken to */
    apr_interval_time_t took; /* from the request to this */
} anonid_delivery_t;

/* Builds the frame, with what the server said to each recipient. */
void anonid_delivery_write(anonid_writer_t *w, uint32_t id,
                           const anonid_mandate_t *mandate,
                           const anonid_delivery_t *verdict);

/* Says in the log which addresses a server refused. */
void anonid_delivery_log_refused(const anonid_mandate_t *mandate,
                                 const char *server);

/* Says in the log what became of the message, and counts it. */
void anonid_delivery_log(const anonid_mandate_t *mandate,
                         const anonid_delivery_t *verdict);

#endif
