/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker may have sent: as an account that is there, through a service
 * that is there, from the service's only sender, to aliases of the service.
 * The worker is not trusted; the configuration is.
 */
#ifndef ANONID_AGENT_SUBMISSION_POLICY_H
#define ANONID_AGENT_SUBMISSION_POLICY_H

#include "agent/message/envelope.h"
#include "agent/logon/registry.h"

typedef struct {
    const anonid_account_t *account; /* NULL unless ACCEPTED */
    const anonid_service_t *service;
    anonid_envelope_t *envelope;
    const char *client; /* who asked, for the log */
    const char *detail; /* what is wrong, when something is */
} anonid_mandate_t;

/* Judges a SUBMIT frame by a configuration (NULL: there is none yet). Fills
 * the mandate from the pool. ACCEPTED means: go on. */
anonid_submit_result_t anonid_policy_judge(const anonid_frame_t *request,
                                           const anonid_config_t *config,
                                           apr_pool_t *pool,
                                           anonid_mandate_t *mandate);

#endif
