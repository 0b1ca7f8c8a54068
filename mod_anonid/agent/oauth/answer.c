/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token endpoints' answers; see answer.h.
 */
#include "agent/oauth/answer.h"
#include "agent/oauth/failure.h"
#include "agent/oauth/token.h"

#include <string.h>

/* Where an answer says no more, RFC 6749 section 5.1 leaves it to us. */
#define USUAL_LIFE apr_time_from_sec(3600)

const char *anonid_refresh_token_error(const char *octets, size_t length)
{
    if (length > ANONID_REFRESH_TOKEN_MAX)
        return "the refresh token is longer than 8192 octets";
    for (size_t i = 0; i < length; i++) {
        if (octets[i] < 0x20 || octets[i] > 0x7e)
            return "what is there is no refresh token: it holds other "
                   "characters than those of ASCII";
    }
    return length > 0 ? NULL : "the refresh token is empty";
}

/* The next refresh token is kept whatever else is wrong with the answer: the
 * old one may be good for nothing any more. One that could not be written into
 * a file and read again is none. */
static void take_rotated(anonid_attempt_t *attempt, const json_t *answer)
{
    const json_t *value = json_object_get(answer, "refresh_token");
    const char *octets = json_string_value(value);
    size_t length = json_string_length(value);

    if (!octets || !attempt->account->refresh
        || anonid_refresh_token_error(octets, length))
        return;
    attempt->rotated =
        anonid_secret_make(ANONID_SECRET_REFRESH, octets, length);
    if (attempt->rotated
        && anonid_secret_is_same(attempt->rotated, attempt->secret)) {
        anonid_secret_drop(attempt->rotated);
        attempt->rotated = NULL;
    }
}

static void take_token(anonid_attempt_t *attempt, const json_t *answer)
{
    anonid_outcome_t *outcome = &attempt->outcome;
    apr_time_t now = apr_time_now();
    anonid_access_token_t token;
    const char *wrong = anonid_access_token_answer(answer, now, &token);

    if (wrong) {
        anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS, "%s", wrong);
        return;
    }
    attempt->credentials =
        anonid_access_token_keep(&anonid_provider_oauth2, &token);
    if (!attempt->credentials) {
        anonid_outcome_set(outcome, ANONID_ACCESS_DENIED,
                           "there is no memory for the token");
        return;
    }
    anonid_outcome_set(outcome, ANONID_LOGON_OK, "%s", "");
    outcome->expires = token.expires ? token.expires : now + USUAL_LIFE;
}

void anonid_oauth_answer(anonid_attempt_t *attempt, long status,
                         const char *octets, size_t length)
{
    json_t *answer = json_loadb(octets, length, 0, NULL);

    if (status == 200 && answer) {
        take_rotated(attempt, answer);
        take_token(attempt, answer);
    }
    else {
        anonid_oauth_failure(attempt, status, answer);
    }
    json_decref(answer);
}
