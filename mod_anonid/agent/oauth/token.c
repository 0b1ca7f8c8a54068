/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens; see token.h.
 */
#include "agent/oauth/token.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    anonid_credentials_t base; /* first: it is what others see */
    anonid_secret_t *token;
} kept_t;

/* ---- JSON Web Tokens ---- */

static int digit(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

/* Base64url without padding (RFC 7515 section 2). The octets' number; 0: it
 * is not that. */
static size_t decode(const char *text, size_t length, char *out)
{
    unsigned long bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        int value = digit(text[i]);

        if (value < 0)
            return 0;
        bits = (bits << 6 | (unsigned long)value) & 0xffffff;
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    return n;
}

/* NumericDate (RFC 7519 section 2) as a time; 0: there is none. */
static apr_time_t numeric_date(const json_t *value)
{
    double seconds = json_number_value(value);

    return seconds > 0 && seconds < 1e11 ? (apr_time_t)(seconds * 1e6) : 0;
}

/* A JWT says its end in its second part, which anybody can read; whether the
 * token is genuine is for those to find out to whom it is shown. */
static apr_time_t jwt_expiry(const char *octets, size_t length)
{
    const char *first = memchr(octets, '.', length), *second = NULL;
    char claims[ANONID_ACCESS_TOKEN_MAX];
    apr_time_t expires = 0;
    json_t *json = NULL;
    size_t n = 0;

    if (first++)
        second = memchr(first, '.', length - (size_t)(first - octets));
    if (second)
        n = decode(first, (size_t)(second - first), claims);
    if (n > 0)
        json = json_loadb(claims, n, 0, NULL);
    expires = numeric_date(json_object_get(json, "exp"));
    json_decref(json);
    explicit_bzero(claims, sizeof(claims));
    return expires;
}

/* ---- tokens ---- */

/* The b64token of RFC 6750 section 2.1, which nothing can be hidden in. */
static const char *token_error(const anonid_access_token_t *token)
{
    if (token->length == 0)
        return "the token is empty";
    if (token->length > ANONID_ACCESS_TOKEN_MAX)
        return "the token is longer than 8192 octets";
    for (size_t i = 0; i < token->length; i++) {
        char c = token->octets[i];

        if (digit(c) < 0 && (!c || !strchr(".~+/=", c)))
            return "what is there is no token: it holds other characters "
                   "than A-Z a-z 0-9 - . _ ~ + / =";
    }
    return NULL;
}

static const char *set(anonid_access_token_t *token, const char *octets,
                       size_t length)
{
    const char *wrong;

    token->octets = octets;
    token->length = length;
    token->expires = 0;
    wrong = token_error(token);
    if (!wrong)
        token->expires = jwt_expiry(octets, length);
    return wrong;
}

const char *anonid_access_token_answer(const json_t *answer, apr_time_t now,
                                       anonid_access_token_t *token)
{
    const char *octets =
        json_string_value(json_object_get(answer, "access_token"));
    const char *type =
        json_string_value(json_object_get(answer, "token_type"));
    apr_time_t life = numeric_date(json_object_get(answer, "expires_in"));
    const char *wrong;

    if (!octets)
        return "the answer holds no access_token";
    if (type && strcasecmp(type, "bearer") != 0)
        return "the answer's token_type is not Bearer";
    wrong = set(token, octets, strlen(octets));
    if (!wrong && life)
        token->expires = now + life;
    return wrong;
}

const char *anonid_access_token_read(const char *octets, size_t length,
                                     apr_time_t now,
                                     anonid_access_token_t *token,
                                     json_t **json)
{
    *json = NULL;
    if (length == 0 || octets[0] != '{')
        return set(token, octets, length);
    *json = json_loadb(octets, length, 0, NULL);
    if (!*json)
        return "what is there is neither a token nor JSON";
    return anonid_access_token_answer(*json, now, token);
}

/* ---- as credentials ---- */

anonid_credentials_t *
anonid_access_token_keep(const anonid_provider_ops_t *provider,
                         const anonid_access_token_t *token)
{
    kept_t *kept = calloc(1, sizeof(*kept));

    if (!kept)
        return NULL;
    kept->base.provider = provider;
    atomic_init(&kept->base.holders, 1);
    kept->token =
        anonid_secret_make(ANONID_SECRET_TOKEN, token->octets, token->length);
    if (kept->token)
        return &kept->base;
    free(kept);
    return NULL;
}

const anonid_secret_t *
anonid_access_token(const anonid_credentials_t *credentials)
{
    return ((const kept_t *)credentials)->token;
}

void anonid_access_token_release(anonid_credentials_t *credentials)
{
    kept_t *kept = (kept_t *)credentials;

    anonid_secret_drop(kept->token);
    free(kept);
}
