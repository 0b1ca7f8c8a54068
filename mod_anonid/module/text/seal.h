/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that a visitor carries and cannot change: a text, the time at which it
 * was sealed and an HMAC (RFC 2104, with SHA-256) of both and of a purpose, so
 * that what was sealed for one is worth nothing for another. It hides nothing.
 * Knows nothing of httpd, nor where the key comes from.
 *
 *   seal = base64url(seconds " " text) "." base64url(HMAC)
 */
#ifndef ANONID_MODULE_TEXT_SEAL_H
#define ANONID_MODULE_TEXT_SEAL_H

#include <apr_pools.h>
#include <apr_time.h>

#define ANONID_SEAL_KEY_OCTETS 32

typedef struct {
    unsigned char octets[ANONID_SEAL_KEY_OCTETS];
} anonid_seal_key_t;

/* Seals a text; the seal can stand in a URL and in HTML as it is. */
const char *anonid_seal_make(apr_pool_t *pool, const anonid_seal_key_t *key,
                             const char *purpose, const char *text,
                             apr_time_t now);

/* The text, and in *made when it was sealed (whole seconds). NULL if it was
 * not sealed by this key and for this purpose. */
const char *anonid_seal_open(apr_pool_t *pool, const anonid_seal_key_t *key,
                             const char *purpose, const char *seal,
                             apr_time_t *made);

#endif
