/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token endpoint's answer (RFC 6749 section 5): what an attempt comes to.
 * Knows no HTTP but its status.
 */
#ifndef ANONID_AGENT_OAUTH_ANSWER_H
#define ANONID_AGENT_OAUTH_ANSWER_H

#include "agent/provider/provider.h"

/* Most octets of an answer. */
#define ANONID_OAUTH_ANSWER_MAX 65536

/* Most octets of a refresh token: as of what holds one. */
#define ANONID_REFRESH_TOKEN_MAX 8192

/* NULL if that can be a refresh token (RFC 6749 appendix A.17), else what is
 * wrong with it. */
const char *anonid_refresh_token_error(const char *octets, size_t length);

/* Fills outcome, credentials and rotated of the attempt. */
void anonid_oauth_answer(anonid_attempt_t *attempt, long status,
                         const char *octets, size_t length);

#endif
