/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers: what an account file holds in place of a password.
 *
 *   {SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey   (base64; Dovecot's)
 *   {SCRAM-SHA-1}...                                     the same
 *   $2a$ $2b$ $2y$ $5$ $6$ $1$ $y$ $gy$ $7$              crypt(3)
 *   {CRYPT} {BLF-CRYPT} {SHA512-CRYPT} {SHA256-CRYPT} {MD5-CRYPT}, then one
 *   of those                                             Dovecot's names
 *   $apr1$                                               htpasswd's own
 *
 * Any thread. Secrets are compared in constant time; a verifier that would
 * take more than about a second to check is refused.
 */
#ifndef ANONID_AGENT_SECRET_VERIFIER_H
#define ANONID_AGENT_SECRET_VERIFIER_H

#include "common/accountfile.h"
#include "agent/secret/secret.h"

#define ANONID_VERIFIER_ROOM (ANONID_VERIFIER_MAX + 1)
#define ANONID_DIGEST_OCTETS 32

typedef enum {
    ANONID_VERIFIER_FITS,
    ANONID_VERIFIER_DIFFERS,
    ANONID_VERIFIER_DISABLED, /* begins with '!' or '*', as in shadow(5) */
    ANONID_VERIFIER_UNKNOWN,  /* not one of the above, or malformed */
    ANONID_VERIFIER_COSTLY    /* more work than this agent will do */
} anonid_verifier_result_t;

anonid_verifier_result_t anonid_verifier_check(const char *verifier,
                                               const anonid_secret_t *secret);

/* Writes a verifier of one of the schemes of common/account.h. NULL is good,
 * else a constant sentence. Made for random passwords: the work factors are
 * the least ones, because guessing 192 bits is hopeless at any price. */
const char *anonid_verifier_make(char verifier[ANONID_VERIFIER_ROOM],
                                 const char *scheme,
                                 const anonid_secret_t *secret);

/* The verifier's SHA-256, by which it is known again; all zero, which is no
 * verifier's, if OpenSSL cannot. */
void anonid_verifier_digest(unsigned char digest[ANONID_DIGEST_OCTETS],
                            const char *verifier);

/* 1 if that is the verifier's digest. */
int anonid_verifier_is(const char *verifier,
                       const unsigned char digest[ANONID_DIGEST_OCTETS]);

#endif
