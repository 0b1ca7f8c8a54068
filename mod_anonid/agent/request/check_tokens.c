/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of tokens; see check_tokens.h.
 */
#include "agent/request/check_tokens.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

typedef struct {
    char token[ANONID_TOKEN_LENGTH + 1];
    apr_time_t until; /* 0: free */
} row_t;

static row_t rows[ANONID_TOKENS_MAX];

static int make(char token[ANONID_TOKEN_LENGTH + 1])
{
    unsigned char octets[ANONID_TOKEN_LENGTH / 2];

    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
        return 0;
    for (size_t i = 0; i < sizeof(octets); i++)
        snprintf(token + 2 * i, 3, "%02x", octets[i]);
    return 1;
}

int anonid_check_token_issue(char token[ANONID_TOKEN_LENGTH + 1],
                             apr_time_t now)
{
    for (size_t i = 0; i < ANONID_TOKENS_MAX; i++) {
        row_t *row = &rows[i];

        if (row->until > now)
            continue;
        if (!make(row->token))
            return 0;
        row->until = now + ANONID_TOKEN_LIFE;
        memcpy(token, row->token, sizeof(row->token));
        return 1;
    }
    return 0;
}

int anonid_check_token_redeem(const char *token, apr_time_t now)
{
    if (strlen(token) != ANONID_TOKEN_LENGTH)
        return 0;
    for (size_t i = 0; i < ANONID_TOKENS_MAX; i++) {
        row_t *row = &rows[i];

        if (row->until <= now
            || CRYPTO_memcmp(row->token, token, ANONID_TOKEN_LENGTH) != 0)
            continue;
        row->until = 0;
        return 1;
    }
    return 0;
}
