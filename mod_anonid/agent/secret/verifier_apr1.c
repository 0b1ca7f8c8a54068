/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers of htpasswd's default, "$apr1$salt$hash": the MD5 method of
 * crypt(3) ("$1$", FreeBSD 2.0) with another magic text. crypt(3) does not
 * know it, and APR-util is not for the agent.
 */
#include "agent/secret/verifier_schemes.h"

#include <openssl/evp.h>
#include <string.h>

#define MAGIC "$apr1$"
#define MAGIC_LENGTH 6
#define SALT_MAX 8
#define ROUNDS 1000
#define MD5_OCTETS 16
#define HASH_DIGITS 22

/* What is hashed; md is a running MD5. */
typedef struct {
    EVP_MD_CTX *md;
    const char *password;
    size_t password_length;
    const char *salt;
    size_t salt_length;
    unsigned char digest[MD5_OCTETS];
} apr1_t;

static int begin(apr1_t *a)
{
    return EVP_DigestInit_ex(a->md, EVP_md5(), NULL);
}

static int add(apr1_t *a, const void *octets, size_t length)
{
    return EVP_DigestUpdate(a->md, octets, length);
}

static int add_password(apr1_t *a)
{
    return add(a, a->password, a->password_length);
}

static int add_salt(apr1_t *a)
{
    return add(a, a->salt, a->salt_length);
}

static int end(apr1_t *a)
{
    return EVP_DigestFinal_ex(a->md, a->digest, NULL);
}

/* The digest, repeated to the password's length. */
static int add_stretched(apr1_t *a)
{
    size_t left = a->password_length;
    int good = 1;

    while (good && left > 0) {
        size_t n = left < MD5_OCTETS ? left : MD5_OCTETS;

        good = add(a, a->digest, n);
        left -= n;
    }
    return good;
}

/* One octet for each bit of the password's length: NUL or its first one. */
static int add_length_bits(apr1_t *a)
{
    int good = 1;

    for (size_t i = a->password_length; good && i > 0; i >>= 1)
        good = add(a, i & 1 ? "" : a->password, 1);
    return good;
}

static int first_digest(apr1_t *a)
{
    return begin(a) && add_password(a) && add_salt(a) && add_password(a)
           && end(a) && begin(a) && add_password(a)
           && add(a, MAGIC, MAGIC_LENGTH) && add_salt(a) && add_stretched(a)
           && add_length_bits(a) && end(a);
}

static int one_round(apr1_t *a, int i)
{
    unsigned char before[MD5_OCTETS];

    memcpy(before, a->digest, sizeof(before));
    return begin(a) && (i & 1 ? add_password(a) : add(a, before, MD5_OCTETS))
           && (i % 3 == 0 || add_salt(a)) && (i % 7 == 0 || add_password(a))
           && (i & 1 ? add(a, before, MD5_OCTETS) : add_password(a)) && end(a);
}

/* `digits` digits of crypt's base 64, the lowest six bits first. */
static char *put(char *out, unsigned value, int digits)
{
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz";

    while (digits-- > 0) {
        *out++ = alphabet[value & 63];
        value >>= 6;
    }
    return out;
}

static void write_digest(char out[HASH_DIGITS + 1],
                         const unsigned char d[MD5_OCTETS])
{
    for (int i = 0; i < 5; i++)
        out = put(out,
                  (unsigned)d[i] << 16 | (unsigned)d[i + 6] << 8
                      | d[i == 4 ? 5 : i + 12],
                  4);
    out = put(out, d[11], 2);
    *out = '\0';
}

/* Writes the hash of the secret with that salt: 1 or 0. */
static int hash(char out[HASH_DIGITS + 1], const anonid_secret_t *secret,
                const char *salt, size_t salt_length)
{
    apr1_t a = { EVP_MD_CTX_new(),
                 anonid_secret_data(secret),
                 anonid_secret_length(secret),
                 salt,
                 salt_length,
                 { 0 } };
    int good = a.md && first_digest(&a);

    for (int i = 0; good && i < ROUNDS; i++)
        good = one_round(&a, i);
    if (good)
        write_digest(out, a.digest);
    EVP_MD_CTX_free(a.md);
    explicit_bzero(a.digest, sizeof(a.digest));
    return good;
}

anonid_verifier_result_t anonid_apr1_check(const char *text,
                                           const anonid_secret_t *secret)
{
    const char *salt = text + MAGIC_LENGTH;
    size_t salt_length = strcspn(salt, "$");
    char result[HASH_DIGITS + 1];

    if (salt[salt_length] != '$' || salt_length == 0 || salt_length > SALT_MAX
        || strlen(salt + salt_length + 1) != HASH_DIGITS)
        return ANONID_VERIFIER_UNKNOWN;
    if (!hash(result, secret, salt, salt_length))
        return ANONID_VERIFIER_UNKNOWN;
    return anonid_verifier_compare(salt + salt_length + 1, result);
}
