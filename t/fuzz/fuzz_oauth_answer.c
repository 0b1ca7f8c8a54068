/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of token endpoints: whatever one says, an attempt has an outcome,
 * credentials only with a good one, a token that can stand in a mail login, a
 * next refresh token that can stand in a line of a file, and no detail that
 * holds a secret.
 *
 * The first octet chooses the HTTP status and whether the account has a
 * refresh token.
 */
#include <apr_general.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/oauth/answer.h"
#include "agent/oauth/token.h"
#include "agent/secret/shown.h"

#define SECRET "the secret of all secrets"

static const long statuses[] = { 200, 200, 400, 401, 403, 302, 429, 503 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static anonid_account_t *account(int has_refresh)
{
    static anonid_account_t *made;
    apr_pool_t *pool;

    if (!made) {
        if (apr_initialize() != APR_SUCCESS
            || apr_pool_create(&pool, NULL) != APR_SUCCESS)
            abort();
        made = anonid_account_make(pool, "web");
        made->provider = ANONID_PROVIDER_OAUTH2;
    }
    made->refresh = has_refresh ? "file:/refresh" : NULL;
    return made;
}

static void check_token(const anonid_attempt_t *attempt)
{
    const anonid_secret_t *token = anonid_access_token(attempt->credentials);
    const char *octets = anonid_secret_data(token);
    size_t length = anonid_secret_length(token);

    if (attempt->outcome.code != ANONID_LOGON_OK || length == 0
        || length > ANONID_ACCESS_TOKEN_MAX || strlen(octets) != length
        || strpbrk(octets, "\r\n \001"))
        abort();
}

static void check_rotated(const anonid_attempt_t *attempt)
{
    const char *octets = anonid_secret_data(attempt->rotated);

    if (!attempt->account->refresh || strpbrk(octets, "\r\n")
        || strlen(octets) != anonid_secret_length(attempt->rotated)
        || anonid_secret_is_same(attempt->rotated, attempt->secret))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static anonid_secret_t *secret;
    anonid_attempt_t attempt;

    if (size == 0)
        return 0;
    if (!secret)
        secret = anonid_secret_make(ANONID_SECRET_REFRESH, SECRET,
                                    sizeof(SECRET) - 1);
    memset(&attempt, 0, sizeof(attempt));
    attempt.account = account(data[0] & 8);
    attempt.secret = secret;
    anonid_oauth_answer(&attempt, statuses[data[0] & 7],
                        (const char *)data + 1, size - 1);
    if ((attempt.credentials != NULL)
        != (attempt.outcome.code == ANONID_LOGON_OK))
        abort();
    if (attempt.credentials)
        check_token(&attempt);
    if (attempt.rotated)
        check_rotated(&attempt);
    if (anonid_secret_is_shown(secret, attempt.outcome.detail))
        abort();
    anonid_credentials_drop(attempt.credentials);
    anonid_secret_drop(attempt.rotated);
    return 0;
}
