/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token endpoint is asked (RFC 6749 sections 4.4.2 and 6), and as whom
 * (section 2.3.1). Knows nothing of how that is sent.
 */
#ifndef ANONID_AGENT_OAUTH_REQUEST_H
#define ANONID_AGENT_OAUTH_REQUEST_H

#include "agent/provider/provider.h"

#include <curl/curl.h>

typedef struct {
    char *body;   /* application/x-www-form-urlencoded */
    char *user;   /* of HTTP Basic; NULL: a public client, which has no ... */
    char *secret; /* ... secret; both are form-encoded */
} anonid_oauth_request_t;

/* 1, or 0 without memory. Has to be wiped in either case. */
int anonid_oauth_request_make(anonid_oauth_request_t *request, CURL *curl,
                              const anonid_attempt_t *attempt);
void anonid_oauth_request_wipe(anonid_oauth_request_t *request);

#endif
