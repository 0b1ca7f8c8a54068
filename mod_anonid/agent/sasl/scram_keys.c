/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of SCRAM; see scram_keys.h.
 */
#include "agent/sasl/scram_keys.h"

#include <openssl/hmac.h>
#include <string.h>

/* What the keys are of, beside the password. */
typedef struct {
    int hash;
    long iterations;
    size_t salt_length;
    unsigned char
        salt[ANONID_SECRET_LABEL_MAX - 2 * sizeof(long) - sizeof(size_t)];
} label_t;

/* 1, or 0 for a salt that is too long to be remembered. */
static int make_label(const EVP_MD *hash, const anonid_scram_first_t *first,
                      label_t *label)
{
    memset(label, 0, sizeof(*label));
    if (first->salt_length > sizeof(label->salt))
        return 0;
    label->hash = EVP_MD_get_type(hash);
    label->iterations = first->iterations;
    label->salt_length = first->salt_length;
    memcpy(label->salt, first->salt, first->salt_length);
    return 1;
}

int anonid_scram_hmac(const EVP_MD *hash,
                      const unsigned char key[ANONID_SCRAM_HASH_MAX],
                      const char *text, size_t length,
                      unsigned char out[ANONID_SCRAM_HASH_MAX])
{
    return HMAC(hash, key, EVP_MD_get_size(hash), (const unsigned char *)text,
                length, out, NULL)
           != NULL;
}

static int make_keys(const anonid_secret_t *password, const EVP_MD *hash,
                     const anonid_scram_first_t *first,
                     anonid_scram_keys_t *keys)
{
    static const char client[] = "Client Key", server[] = "Server Key";
    unsigned char salted[ANONID_SCRAM_HASH_MAX];
    int made;

    memset(keys, 0, sizeof(*keys));
    made = PKCS5_PBKDF2_HMAC(anonid_secret_data(password),
                             (int)anonid_secret_length(password), first->salt,
                             (int)first->salt_length, (int)first->iterations,
                             hash, EVP_MD_get_size(hash), salted)
               == 1
           && anonid_scram_hmac(hash, salted, client, strlen(client),
                                keys->client)
           && anonid_scram_hmac(hash, salted, server, strlen(server),
                                keys->server);
    explicit_bzero(salted, sizeof(salted));
    return made;
}

int anonid_scram_keys_recall(anonid_secret_t *password, const EVP_MD *hash,
                             const anonid_scram_first_t *first,
                             anonid_scram_keys_t *keys)
{
    label_t label;

    return make_label(hash, first, &label)
           && anonid_secret_recall(password, &label, sizeof(label), keys,
                                   sizeof(*keys));
}

int anonid_scram_keys(anonid_secret_t *password, const EVP_MD *hash,
                      const anonid_scram_first_t *first,
                      anonid_scram_keys_t *keys)
{
    label_t label;

    if (anonid_scram_keys_recall(password, hash, first, keys))
        return 1;
    if (!make_keys(password, hash, first, keys))
        return 0;
    if (make_label(hash, first, &label))
        anonid_secret_remember(password, &label, sizeof(label), keys,
                               sizeof(*keys));
    return 1;
}
