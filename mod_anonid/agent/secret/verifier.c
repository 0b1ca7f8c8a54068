/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verifier schemes; see verifier.h.
 */
#include "agent/secret/verifier.h"
#include "agent/secret/verifier_schemes.h"

#include "common/account.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

typedef struct {
    const char *prefix; /* case does not matter */
    int keep;           /* the prefix belongs to the text that is checked */
    anonid_verifier_result_t (*check)(const char *text,
                                      const anonid_secret_t *secret);
} check_row_t;

/* The first prefix that fits counts. */
static const check_row_t checks[] = {
    { "{SCRAM-SHA-256}", 0, anonid_scram256_check },
    { "{SCRAM-SHA-1}", 0, anonid_scram1_check },
    { "{CRYPT}", 0, anonid_crypt_check },
    { "{BLF-CRYPT}", 0, anonid_crypt_check },
    { "{SHA512-CRYPT}", 0, anonid_crypt_check },
    { "{SHA256-CRYPT}", 0, anonid_crypt_check },
    { "{MD5-CRYPT}", 0, anonid_crypt_check },
    { "$apr1$", 1, anonid_apr1_check },
    { "$", 1, anonid_crypt_check },
};

typedef struct {
    const char *scheme;
    const char *(*make)(char verifier[ANONID_VERIFIER_ROOM],
                        const anonid_secret_t *secret);
} make_row_t;

static const make_row_t makers[] = {
    { ANONID_SCHEME_SCRAM, anonid_scram256_make },
    { ANONID_SCHEME_BCRYPT, anonid_bcrypt_make },
    { ANONID_SCHEME_SHA512, anonid_sha512_make },
};

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

anonid_verifier_result_t anonid_verifier_check(const char *verifier,
                                               const anonid_secret_t *secret)
{
    if (verifier[0] == '!' || verifier[0] == '*')
        return ANONID_VERIFIER_DISABLED;
    for (size_t i = 0; i < N_ROWS(checks); i++) {
        size_t length = strlen(checks[i].prefix);

        if (strncasecmp(verifier, checks[i].prefix, length) == 0)
            return checks[i].check(verifier + (checks[i].keep ? 0 : length),
                                   secret);
    }
    return ANONID_VERIFIER_UNKNOWN;
}

const char *anonid_verifier_make(char verifier[ANONID_VERIFIER_ROOM],
                                 const char *scheme,
                                 const anonid_secret_t *secret)
{
    for (size_t i = 0; i < N_ROWS(makers); i++) {
        if (strcmp(scheme, makers[i].scheme) == 0)
            return makers[i].make(verifier, secret);
    }
    return "this agent cannot make verifiers of the account's scheme";
}

anonid_verifier_result_t anonid_verifier_compare(const char *a, const char *b)
{
    size_t length = strlen(a);

    if (strlen(b) != length || CRYPTO_memcmp(a, b, length) != 0)
        return ANONID_VERIFIER_DIFFERS;
    return ANONID_VERIFIER_FITS;
}

void anonid_verifier_digest(unsigned char digest[ANONID_DIGEST_OCTETS],
                            const char *verifier)
{
    if (!EVP_Digest(verifier, strlen(verifier), digest, NULL, EVP_sha256(),
                    NULL))
        memset(digest, 0, ANONID_DIGEST_OCTETS);
}

int anonid_verifier_is(const char *verifier,
                       const unsigned char digest[ANONID_DIGEST_OCTETS])
{
    static const unsigned char none[ANONID_DIGEST_OCTETS];
    unsigned char own[ANONID_DIGEST_OCTETS];

    anonid_verifier_digest(own, verifier);
    return memcmp(own, none, sizeof(own)) != 0
           && memcmp(own, digest, sizeof(own)) == 0;
}
