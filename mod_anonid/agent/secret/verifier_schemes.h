/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schemes behind verifier.h. Nobody but verifier.c includes this, and
 * the schemes themselves.
 */
#ifndef ANONID_AGENT_SECRET_VERIFIER_SCHEMES_H
#define ANONID_AGENT_SECRET_VERIFIER_SCHEMES_H

#include "agent/secret/verifier.h"

/* verifier_scram.c: text is what follows "{SCRAM-SHA-...}". */
anonid_verifier_result_t anonid_scram256_check(const char *text,
                                               const anonid_secret_t *secret);
anonid_verifier_result_t anonid_scram1_check(const char *text,
                                             const anonid_secret_t *secret);
const char *anonid_scram256_make(char verifier[ANONID_VERIFIER_ROOM],
                                 const anonid_secret_t *secret);

/* verifier_crypt.c: text is a crypt(3) setting. */
anonid_verifier_result_t anonid_crypt_check(const char *text,
                                            const anonid_secret_t *secret);
const char *anonid_bcrypt_make(char verifier[ANONID_VERIFIER_ROOM],
                               const anonid_secret_t *secret);
const char *anonid_sha512_make(char verifier[ANONID_VERIFIER_ROOM],
                               const anonid_secret_t *secret);

/* verifier_apr1.c: text begins with "$apr1$". */
anonid_verifier_result_t anonid_apr1_check(const char *text,
                                           const anonid_secret_t *secret);

/* verifier.c: FITS or DIFFERS, in a time that depends on the lengths only. */
anonid_verifier_result_t anonid_verifier_compare(const char *a, const char *b);

#endif
