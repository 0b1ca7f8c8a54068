/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens by which an operator has one request explained (module/check.h):
 * random, good once, and for a short while. Main thread only.
 */
#ifndef ANONID_AGENT_REQUEST_CHECK_TOKENS_H
#define ANONID_AGENT_REQUEST_CHECK_TOKENS_H

#include "common/protocol.h"

#include <apr_time.h>

/* How long a token is good. */
#define ANONID_TOKEN_LIFE apr_time_from_sec(30)

/* That many may be good at a time. */
#define ANONID_TOKENS_MAX 16

/* Makes a token, with a NUL: 1, or 0 if there are too many or no randomness
 * is to be had. */
int anonid_check_token_issue(char token[ANONID_TOKEN_LENGTH + 1],
                             apr_time_t now);

/* 1 if the token was good; it is not any more. */
int anonid_check_token_redeem(const char *token, apr_time_t now);

#endif
