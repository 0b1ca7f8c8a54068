/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token endpoint's refusal (RFC 6749 section 5.2) means for a logon.
 */
#ifndef ANONID_AGENT_OAUTH_FAILURE_H
#define ANONID_AGENT_OAUTH_FAILURE_H

#include "agent/provider/provider.h"

#include <jansson.h>

/* Fills the outcome for an answer of that HTTP status. answer may be NULL: it
 * is no JSON. The endpoint's description is repeated, but for one that holds a
 * secret of the attempt, as it is or as it was sent. */
void anonid_oauth_failure(anonid_attempt_t *attempt, long status,
                          const json_t *answer);

#endif
