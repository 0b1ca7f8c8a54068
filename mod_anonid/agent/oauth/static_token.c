/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of accounts whose token comes from elsewhere (AnonIDLogon
 * token): there is nobody to ask, so it is good until it says that it ends,
 * or a service refuses it.
 */
#include "agent/oauth/token.h"

/* "expires_in" counts from when the answer was given, of which nobody knows
 * but who asked; it was read just now. */
static void logon(anonid_attempt_t *attempt)
{
    anonid_outcome_t *outcome = &attempt->outcome;
    anonid_access_token_t token;
    apr_time_t now = apr_time_now();
    const char *wrong = "the account has no token";
    json_t *json = NULL;

    if (attempt->secret)
        wrong = anonid_access_token_read(anonid_secret_data(attempt->secret),
                                         anonid_secret_length(attempt->secret),
                                         now, &token, &json);
    if (wrong)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE, "%s", wrong);
    else if (token.expires && token.expires <= now)
        anonid_outcome_set(outcome, ANONID_PASSWORD_EXPIRED,
                           "the token has expired");
    else
        attempt->credentials =
            anonid_access_token_keep(&anonid_provider_token, &token);
    if (attempt->credentials) {
        anonid_outcome_set(outcome, ANONID_LOGON_OK, "%s", "");
        outcome->expires = token.expires;
        attempt->secret_expires = token.expires;
    }
    else if (!wrong && outcome->code == ANONID_LOGON_OK) {
        anonid_outcome_set(outcome, ANONID_ACCESS_DENIED,
                           "there is no memory for the token");
    }
    json_decref(json);
}

const anonid_provider_ops_t anonid_provider_token = {
    "token", ANONID_PROVIDER_TOKEN, logon, anonid_access_token_release
};
