/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals; see seal.h.
 */
#include "module/text/seal.h"

#include <apr_strings.h>
#include <glib.h>
#include <string.h>

#define HMAC_OCTETS 32
#define SEAL_MAX ((size_t)8192)

/* RFC 4648 section 5, without padding. */
static const char *to_base64url(apr_pool_t *pool, const void *data,
                                size_t length)
{
    char *encoded = g_base64_encode(data, length);
    char *text = apr_pstrdup(pool, encoded);

    g_free(encoded);
    for (char *c = text; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    text[strcspn(text, "=")] = '\0';
    return text;
}

static char *from_base64url(apr_pool_t *pool, const char *text, size_t length,
                            size_t *octets)
{
    char *copy = apr_pstrcat(pool, apr_pstrmemdup(pool, text, length),
                             &"==="[length % 4 == 2   ? 1
                                    : length % 4 == 3 ? 2
                                                      : 3],
                             NULL);
    gsize size;
    guchar *decoded;
    char *data;

    for (char *c = copy; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    decoded = g_base64_decode(copy, &size);
    data = apr_pstrmemdup(pool, (char *)decoded, size);
    g_free(decoded);
    *octets = size;
    return data;
}

static void sign(const anonid_seal_key_t *key, const char *purpose,
                 const char *text, guint8 hmac[HMAC_OCTETS])
{
    GHmac *state =
        g_hmac_new(G_CHECKSUM_SHA256, key->octets, ANONID_SEAL_KEY_OCTETS);
    gsize length = HMAC_OCTETS;

    g_hmac_update(state, (const guchar *)purpose, (gssize)strlen(purpose) + 1);
    g_hmac_update(state, (const guchar *)text, (gssize)strlen(text));
    g_hmac_get_digest(state, hmac, &length);
    g_hmac_unref(state);
}

const char *anonid_seal_make(apr_pool_t *pool, const anonid_seal_key_t *key,
                             const char *purpose, const char *text,
                             apr_time_t now)
{
    const char *dated =
        apr_psprintf(pool, "%" APR_TIME_T_FMT " %s", apr_time_sec(now), text);
    guint8 hmac[HMAC_OCTETS];

    sign(key, purpose, dated, hmac);
    return apr_pstrcat(pool, to_base64url(pool, dated, strlen(dated)), ".",
                       to_base64url(pool, hmac, sizeof(hmac)), NULL);
}

/* In constant time, as nothing may be learnt of a wrong guess. */
static int is_same(const void *a, const void *b, size_t length)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char difference = 0;

    for (size_t i = 0; i < length; i++)
        difference |= x[i] ^ y[i];
    return difference == 0;
}

const char *anonid_seal_open(apr_pool_t *pool, const anonid_seal_key_t *key,
                             const char *purpose, const char *seal,
                             apr_time_t *made)
{
    const char *dot = strchr(seal, '.');
    guint8 hmac[HMAC_OCTETS];
    size_t length, signed_octets;
    const char *claimed;
    char *text, *end;

    if (!dot || strlen(seal) > SEAL_MAX)
        return NULL;
    text = from_base64url(pool, seal, (size_t)(dot - seal), &length);
    claimed = from_base64url(pool, dot + 1, strlen(dot + 1), &signed_octets);
    if (strlen(text) != length || signed_octets != HMAC_OCTETS)
        return NULL;
    sign(key, purpose, text, hmac);
    if (!is_same(hmac, claimed, HMAC_OCTETS))
        return NULL;
    *made = apr_time_from_sec(apr_strtoi64(text, &end, 10));
    return *end == ' ' ? end + 1 : NULL;
}
