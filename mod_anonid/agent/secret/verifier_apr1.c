/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers of htpasswd's default, "$apr1$salt$hash", which crypt(3) does not
 * know: APR-util makes the hash, and it is compared here.
 */
#include "agent/secret/verifier_schemes.h"

#include <apr_md5.h>
#include <string.h>

#define MAGIC_LENGTH 6 /* "$apr1$" */
#define SALT_MAX 8
#define HASH_DIGITS 22
#define VERIFIER_MAX (MAGIC_LENGTH + SALT_MAX + 1 + HASH_DIGITS)

anonid_verifier_result_t anonid_apr1_check(const char *text,
                                           const anonid_secret_t *secret)
{
    const char *salt = text + MAGIC_LENGTH;
    size_t salt_length = strcspn(salt, "$");
    char result[VERIFIER_MAX + 2]; /* APR leaves the last octet alone */

    if (salt[salt_length] != '$' || salt_length == 0 || salt_length > SALT_MAX
        || strlen(salt + salt_length + 1) != HASH_DIGITS)
        return ANONID_VERIFIER_UNKNOWN;
    /* A password with a NUL in it has no such verifier. */
    if (memchr(anonid_secret_data(secret), '\0', anonid_secret_length(secret))
        || apr_md5_encode(anonid_secret_data(secret), salt, result,
                          sizeof(result))
               != APR_SUCCESS)
        return ANONID_VERIFIER_UNKNOWN;
    return anonid_verifier_compare(text, result);
}
