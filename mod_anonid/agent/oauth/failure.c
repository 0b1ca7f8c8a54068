/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of RFC 6749's errors; see failure.h.
 */
#include "agent/oauth/failure.h"
#include "agent/secret/shown.h"

#include <string.h>

static const struct {
    const char *error;
    anonid_failure_t code;
} rows[] = {
    { "invalid_client", ANONID_LOGON_FAILURE },
    { "invalid_grant", ANONID_LOGON_FAILURE },
    { "unauthorized_client", ANONID_LOGON_TYPE_NOT_GRANTED },
    { "unsupported_grant_type", ANONID_LOGON_TYPE_NOT_GRANTED },
    { "invalid_scope", ANONID_ACCOUNT_RESTRICTION },
    { "access_denied", ANONID_ACCOUNT_RESTRICTION },
    { "invalid_request", ANONID_ACCOUNT_RESTRICTION },
    { "server_error", ANONID_NO_LOGON_SERVERS },
    { "temporarily_unavailable", ANONID_NO_LOGON_SERVERS },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What is no error of the RFC's: of a proxy in between, perhaps, or of an
 * endpoint that is overloaded. 401 is for the client alone. */
static anonid_failure_t of_status(long status)
{
    if (status == 401)
        return ANONID_LOGON_FAILURE;
    return status == 400 || status == 403 ? ANONID_ACCOUNT_RESTRICTION
                                          : ANONID_NO_LOGON_SERVERS;
}

static const char *text_of(const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));

    return text ? text : "";
}

/* Looks at what would be logged, in which nothing is hidden any more. */
static int shows_secret(const anonid_attempt_t *attempt)
{
    return anonid_secret_is_shown(attempt->secret, attempt->outcome.detail)
           || anonid_secret_is_shown(attempt->client, attempt->outcome.detail);
}

void anonid_oauth_failure(anonid_attempt_t *attempt, long status,
                          const json_t *answer)
{
    const char *error = text_of(answer, "error");
    const char *words = text_of(answer, "error_description");
    anonid_failure_t code = of_status(status);
    size_t known = N_ROWS;

    for (size_t i = 0; i < N_ROWS; i++) {
        if (strcmp(error, rows[i].error) == 0)
            known = i;
    }
    if (known < N_ROWS && status < 500 && status != 429)
        code = rows[known].code;
    anonid_outcome_set(&attempt->outcome, code, "HTTP %ld%s%s%s%s", status,
                       *error ? ", " : "", error, *words ? ": " : "", words);
    if (shows_secret(attempt))
        anonid_outcome_set(&attempt->outcome, code, "HTTP %ld%s%s", status,
                           known < N_ROWS ? ", " : "",
                           known < N_ROWS ? rows[known].error : "");
}
