/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of RFC 6749's errors; see failure.h.
 */
#include "agent/oauth/failure.h"

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

/* ---- what may be repeated ---- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* One octet of a text that may be form-encoded, and where the next one is. */
static char next_octet(const char **at)
{
    const char *text = *at;

    if (text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
        *at += 3;
        return (char)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
    }
    (*at)++;
    return text[0];
}

static int begins_with(const char *text, const char *octets, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!*text || next_octet(&text) != octets[i])
            return 0;
    }
    return 1;
}

/* 1 if the secret is in the text, as it is or form-encoded. */
static int holds(const char *text, const anonid_secret_t *secret)
{
    const char *octets = secret ? anonid_secret_data(secret) : NULL;

    if (!octets)
        return 0;
    if (strstr(text, octets))
        return 1;
    for (; *text; text++) {
        if (begins_with(text, octets, anonid_secret_length(secret)))
            return 1;
    }
    return 0;
}

static const char *text_of(const anonid_attempt_t *attempt,
                           const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));

    return text && !holds(text, attempt->secret)
                   && !holds(text, attempt->client)
               ? text
               : "";
}

void anonid_oauth_failure(anonid_attempt_t *attempt, long status,
                          const json_t *answer)
{
    const char *error = text_of(attempt, answer, "error");
    const char *words = text_of(attempt, answer, "error_description");
    anonid_failure_t code = of_status(status);

    for (size_t i = 0; i < N_ROWS && status < 500 && status != 429; i++) {
        if (strcmp(error, rows[i].error) == 0)
            code = rows[i].code;
    }
    anonid_outcome_set(&attempt->outcome, code, "HTTP %ld%s%s%s%s", status,
                       *error ? ", " : "", error, *words ? ": " : "", words);
}
