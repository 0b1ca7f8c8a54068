/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens (RFC 6749 section 1.4, RFC 6750): what they look like, until
 * when they are good, and as what a logon leaves them behind. Knows neither
 * where they come from nor to whom they are shown.
 */
#ifndef ANONID_AGENT_OAUTH_TOKEN_H
#define ANONID_AGENT_OAUTH_TOKEN_H

#include "agent/provider/provider.h"

#include <jansson.h>

/* Most octets of a token: what a login's message has room for. */
#define ANONID_ACCESS_TOKEN_MAX 8192

/* A token, as it was found; nothing of it is copied. */
typedef struct {
    const char *octets;
    size_t length;
    apr_time_t expires; /* 0: it does not say */
} anonid_access_token_t;

/* Looks at what a source gives: a token, or the JSON answer of a token
 * endpoint in one line. NULL, or what is wrong with it. json has to be
 * released (json_decref, which takes NULL) after the token was used. */
const char *anonid_access_token_read(const char *octets, size_t length,
                                     apr_time_t now,
                                     anonid_access_token_t *token,
                                     json_t **json);

/* Looks at a token endpoint's answer (RFC 6749 section 5.1); the token lives
 * as long as that. NULL, or what is wrong. */
const char *anonid_access_token_answer(const json_t *answer, apr_time_t now,
                                       anonid_access_token_t *token);

/* The token as a provider's credentials, held once; NULL without memory. */
anonid_credentials_t *
anonid_access_token_keep(const anonid_provider_ops_t *provider,
                         const anonid_access_token_t *token);

/* The token in such credentials; it lives as long as those are held. */
const anonid_secret_t *
anonid_access_token(const anonid_credentials_t *credentials);

/* The providers' release. */
void anonid_access_token_release(anonid_credentials_t *credentials);

#endif
