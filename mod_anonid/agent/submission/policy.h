/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be sent: who asks, and what for, as plain data, and the judgement
 * of it. A message may be sent as an account that is there, through a service
 * that this account may use, from the service's only sender, to aliases of
 * the service. Who asks is not trusted; the configuration is.
 */
#ifndef ANONID_AGENT_SUBMISSION_POLICY_H
#define ANONID_AGENT_SUBMISSION_POLICY_H

#include "agent/message/envelope.h"
#include "agent/logon/registry.h"

/* Who wants a message sent, and how. Texts are the asker's, as they came, and
 * live as long as the call; NULL is good for what was not said. */
typedef struct {
    const char *account;
    const char *service;
    const apr_array_header_t *aliases; /* const char *; NULL: not to be read */
    const char *client;                /* for the log and for limits */
    const char *queue;                 /* of its jobs: who asks, whose jobs
                                          wait for one another; NULL: none */
    int message;                       /* descriptor: a sealed memfd */
} anonid_submission_request_t;

typedef struct {
    const anonid_account_t *account; /* NULL unless ACCEPTED */
    const anonid_service_t *service;
    anonid_envelope_t *envelope;
    const char *client; /* who asked, for the log */
    const char *detail; /* what is wrong, when something is */
} anonid_mandate_t;

/* Judges a request by a configuration (NULL: there is none yet). Fills the
 * mandate from the pool. ACCEPTED means: go on. */
anonid_submit_result_t
anonid_policy_judge(const anonid_submission_request_t *request,
                    const anonid_config_t *config, apr_pool_t *pool,
                    anonid_mandate_t *mandate);

#endif
