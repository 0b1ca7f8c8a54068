/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers of SCRAM (RFC 5802 section 3, RFC 7677) in Dovecot's form:
 *
 *   iterations "," salt "," StoredKey "," ServerKey      (base64, padded)
 *
 * The password is taken octet for octet, as Dovecot does.
 */
#include "agent/secret/verifier_schemes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ITERATIONS 1000000
#define NEW_ITERATIONS 4096 /* RFC 7677's least */
#define NEW_SALT 16
#define SALT_MAX 128
#define BASE64_MAX ((SALT_MAX + 2) / 3 * 4)

typedef struct {
    unsigned char stored[EVP_MAX_MD_SIZE];
    unsigned char server[EVP_MAX_MD_SIZE];
} keys_t;

/* A parsed verifier. */
typedef struct {
    unsigned long iterations;
    unsigned char salt[SALT_MAX];
    size_t salt_length;
    keys_t keys;
} scram_t;

/* One HMAC with a constant text: 1 or 0. */
static int sign(const EVP_MD *md, const unsigned char *key, const char *text,
                unsigned char *out)
{
    return HMAC(md, key, EVP_MD_get_size(md), (const unsigned char *)text,
                strlen(text), out, NULL)
           != NULL;
}

static int derive(keys_t *keys, const EVP_MD *md,
                  const anonid_secret_t *secret, const unsigned char *salt,
                  size_t salt_length, unsigned long iterations)
{
    unsigned char salted[EVP_MAX_MD_SIZE], client[EVP_MAX_MD_SIZE];
    int size = EVP_MD_get_size(md);
    int good =
        PKCS5_PBKDF2_HMAC(anonid_secret_data(secret),
                          (int)anonid_secret_length(secret), salt,
                          (int)salt_length, (int)iterations, md, size, salted)
        && sign(md, salted, "Client Key", client)
        && EVP_Digest(client, (size_t)size, keys->stored, NULL, md, NULL)
        && sign(md, salted, "Server Key", keys->server);

    explicit_bzero(salted, sizeof(salted));
    explicit_bzero(client, sizeof(client));
    return good;
}

/* Decodes base64 with its padding; 0 if it is malformed or too long. */
static size_t decode(unsigned char *out, size_t room, const char *text,
                     size_t length)
{
    unsigned char buffer[BASE64_MAX];
    size_t padding = 0;
    int n;

    if (length == 0 || length % 4 != 0 || length > sizeof(buffer))
        return 0;
    while (padding < 2 && text[length - 1 - padding] == '=')
        padding++;
    if (memchr(text, '=', length - padding))
        return 0;
    n = EVP_DecodeBlock(buffer, (const unsigned char *)text, (int)length);
    if (n < 0 || (size_t)n - padding > room)
        return 0;
    memcpy(out, buffer, (size_t)n - padding);
    return (size_t)n - padding;
}

/* Takes the base64 up to the next comma; 0 if there is none of that size
 * (exact: 0 for any). *text then stands behind it. */
static size_t take(unsigned char *out, size_t room, size_t exact,
                   const char **text)
{
    size_t length = strcspn(*text, ",");
    size_t n = decode(out, room, *text, length);

    *text += length;
    if (**text == ',')
        (*text)++;
    return exact && n != exact ? 0 : n;
}

static int parse(scram_t *scram, const EVP_MD *md, const char *text)
{
    size_t size = (size_t)EVP_MD_get_size(md);
    char *end;

    if (text[0] < '1' || text[0] > '9')
        return 0;
    scram->iterations = strtoul(text, &end, 10);
    if (*end != ',')
        return 0;
    text = end + 1;
    scram->salt_length = take(scram->salt, SALT_MAX, 0, &text);
    return scram->salt_length
           && take(scram->keys.stored, EVP_MAX_MD_SIZE, size, &text)
           && take(scram->keys.server, EVP_MAX_MD_SIZE, size, &text)
           && *text == '\0';
}

static anonid_verifier_result_t check(const EVP_MD *md, const char *text,
                                      const anonid_secret_t *secret)
{
    size_t size = (size_t)EVP_MD_get_size(md);
    scram_t scram;
    keys_t keys;
    int differs;

    if (!parse(&scram, md, text))
        return ANONID_VERIFIER_UNKNOWN;
    if (scram.iterations > MOST_ITERATIONS)
        return ANONID_VERIFIER_COSTLY;
    if (!derive(&keys, md, secret, scram.salt, scram.salt_length,
                scram.iterations))
        return ANONID_VERIFIER_UNKNOWN;
    differs = CRYPTO_memcmp(keys.stored, scram.keys.stored, size)
              | CRYPTO_memcmp(keys.server, scram.keys.server, size);
    return differs ? ANONID_VERIFIER_DIFFERS : ANONID_VERIFIER_FITS;
}

anonid_verifier_result_t anonid_scram256_check(const char *text,
                                               const anonid_secret_t *secret)
{
    return check(EVP_sha256(), text, secret);
}

anonid_verifier_result_t anonid_scram1_check(const char *text,
                                             const anonid_secret_t *secret)
{
    return check(EVP_sha1(), text, secret);
}

static void encode(char *out, const unsigned char *in, int length)
{
    EVP_EncodeBlock((unsigned char *)out, in, length);
}

const char *anonid_scram256_make(char verifier[ANONID_VERIFIER_ROOM],
                                 const anonid_secret_t *secret)
{
    const EVP_MD *md = EVP_sha256();
    int size = EVP_MD_get_size(md);
    char salt[BASE64_MAX + 1], stored[BASE64_MAX + 1], server[BASE64_MAX + 1];
    unsigned char octets[NEW_SALT];
    keys_t keys;

    if (RAND_bytes(octets, sizeof(octets)) != 1
        || !derive(&keys, md, secret, octets, sizeof(octets), NEW_ITERATIONS))
        return "OpenSSL could not make a SCRAM verifier";
    encode(salt, octets, sizeof(octets));
    encode(stored, keys.stored, size);
    encode(server, keys.server, size);
    snprintf(verifier, ANONID_VERIFIER_ROOM, "{SCRAM-SHA-256}%d,%s,%s,%s",
             NEW_ITERATIONS, salt, stored, server);
    return NULL;
}
