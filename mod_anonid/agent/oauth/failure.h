/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token endpoint's refusal (RFC 6749 section 5.2) means for a logon.
 */
#ifndef ANONID_AGENT_OAUTH_FAILURE_H
#define ANONID_AGENT_OAUTH_FAILURE_H

#include "common/failure.h"

#include <jansson.h>

/* Fills the outcome for an answer of that HTTP status. answer may be NULL: it
 * is no JSON. The endpoint's description is repeated, but for one that holds
 * the secret. */
void anonid_oauth_failure(anonid_outcome_t *outcome, long status,
                          const json_t *answer, const char *secret);

#endif
