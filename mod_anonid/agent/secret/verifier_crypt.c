/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers of crypt(3); see verifier.h. Owns the choice of its methods and
 * the bounds of their work factors.
 */
#include "agent/secret/verifier_schemes.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROUNDS 1000000 /* sha*crypt */
#define MOST_BCRYPT 14      /* 2^14 rounds */
#define MOST_YESCRYPT 14    /* 2^15 blocks: 128 MB with r = 32 */
#define MOST_SCRYPT 17      /* 2^17 blocks: 128 MB with r = 8 */

#define CANNOT_MAKE "crypt(3) could not make a verifier"

/* Where the method's work factor is bearable: 1, else 0. */
typedef int (*bearable_t)(const char *parameters);

/* "rounds=N$" or nothing. */
static int sha_is_bearable(const char *parameters)
{
    if (strncmp(parameters, "rounds=", 7) != 0)
        return 1;
    return strtoul(parameters + 7, NULL, 10) <= MOST_ROUNDS;
}

/* Two decimal digits. */
static int bcrypt_is_bearable(const char *parameters)
{
    return strtoul(parameters, NULL, 10) <= MOST_BCRYPT;
}

/* The value of one digit of crypt's base 64; 64 if it is none. */
static unsigned digit(char c)
{
    static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (unsigned)(found - digits) : 64;
}

/* Flavour, then the logarithm of N, then the rest. */
static int yescrypt_is_bearable(const char *parameters)
{
    return parameters[0] && digit(parameters[1]) <= MOST_YESCRYPT;
}

static int scrypt_is_bearable(const char *parameters)
{
    return digit(parameters[0]) <= MOST_SCRYPT;
}

static int always_bearable(const char *parameters)
{
    (void)parameters;
    return 1;
}

static const struct {
    const char *prefix;
    bearable_t bearable;
} methods[] = {
    { "$6$", sha_is_bearable },       { "$5$", sha_is_bearable },
    { "$2y$", bcrypt_is_bearable },   { "$2b$", bcrypt_is_bearable },
    { "$2a$", bcrypt_is_bearable },   { "$y$", yescrypt_is_bearable },
    { "$gy$", yescrypt_is_bearable }, { "$7$", scrypt_is_bearable },
    { "$1$", always_bearable },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

/* Writes the hash of the secret under that setting: 1 or 0. */
static int hash(const anonid_secret_t *secret, const char *setting,
                char verifier[ANONID_VERIFIER_ROOM])
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    const char *result;
    int good;

    if (!data)
        return 0;
    result = crypt_r(anonid_secret_data(secret), setting, data);
    /* A failure is NULL or a text that begins with '*'. */
    good = result && result[0] != '*' && strlen(result) <= ANONID_VERIFIER_MAX;
    if (good)
        memcpy(verifier, result, strlen(result) + 1);
    explicit_bzero(data, sizeof(*data));
    free(data);
    return good;
}

anonid_verifier_result_t anonid_crypt_check(const char *text,
                                            const anonid_secret_t *secret)
{
    char result[ANONID_VERIFIER_ROOM];

    for (size_t i = 0; i < N_METHODS; i++) {
        size_t length = strlen(methods[i].prefix);

        if (strncmp(text, methods[i].prefix, length) != 0)
            continue;
        if (!methods[i].bearable(text + length))
            return ANONID_VERIFIER_COSTLY;
        if (!hash(secret, text, result))
            return ANONID_VERIFIER_UNKNOWN;
        return anonid_verifier_compare(text, result);
    }
    return ANONID_VERIFIER_UNKNOWN;
}

static const char *make(char verifier[ANONID_VERIFIER_ROOM],
                        const anonid_secret_t *secret, const char *prefix,
                        unsigned long cost)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (!crypt_gensalt_rn(prefix, cost, NULL, 0, setting, sizeof(setting)))
        return CANNOT_MAKE;
    return hash(secret, setting, verifier) ? NULL : CANNOT_MAKE;
}

/* $2y$ is the one that APR's own bcrypt knows as well. */
const char *anonid_bcrypt_make(char verifier[ANONID_VERIFIER_ROOM],
                               const anonid_secret_t *secret)
{
    return make(verifier, secret, "$2y$", 5);
}

const char *anonid_sha512_make(char verifier[ANONID_VERIFIER_ROOM],
                               const anonid_secret_t *secret)
{
    return make(verifier, secret, "$6$", 0);
}
