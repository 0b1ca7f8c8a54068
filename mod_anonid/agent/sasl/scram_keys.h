/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that SCRAM makes of a password, a salt and a number of iterations
 * (RFC 5802 section 3). They are kept with the password, and wiped with it:
 * hashing it thousands of times anew at each login is what costs, and gives
 * nobody anything (section 9 of the RFC).
 */
#ifndef ANONID_AGENT_SASL_SCRAM_KEYS_H
#define ANONID_AGENT_SASL_SCRAM_KEYS_H

#include "agent/sasl/scram_message.h"
#include "agent/secret/secret.h"

#include <openssl/evp.h>

#define ANONID_SCRAM_HASH_MAX 32 /* SHA-256 */

typedef struct {
    unsigned char client[ANONID_SCRAM_HASH_MAX];
    unsigned char server[ANONID_SCRAM_HASH_MAX];
} anonid_scram_keys_t;

/* The keys if they are known already: 1 or 0. */
int anonid_scram_keys_recall(anonid_secret_t *password, const EVP_MD *hash,
                             const anonid_scram_first_t *first,
                             anonid_scram_keys_t *keys);

/* Those, or makes them, which may take long: 1, or 0 without memory. The
 * caller wipes them. Any thread. */
int anonid_scram_keys(anonid_secret_t *password, const EVP_MD *hash,
                      const anonid_scram_first_t *first,
                      anonid_scram_keys_t *keys);

/* HMAC of a text; 1, or 0 without memory. */
int anonid_scram_hmac(const EVP_MD *hash,
                      const unsigned char key[ANONID_SCRAM_HASH_MAX],
                      const char *text, size_t length,
                      unsigned char out[ANONID_SCRAM_HASH_MAX]);

#endif
