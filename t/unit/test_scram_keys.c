/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of SCRAM: those of the examples in RFC 5802 section 5 and RFC 7677
 * section 3, and that they are kept with the password and with no other.
 */
#include "unit.h"

#include "agent/sasl/scram_keys.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const EVP_MD *(*hash)(void);
    const char *bare, *first, *final; /* AuthMessage */
    const char *proof, *signature;
} example_t;

static const example_t examples[] = {
    { EVP_sha1, "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
      "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,"
      "i=4096",
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
      "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
    { EVP_sha256, "n=user,r=rOprNGfwEbeRWgbNEkqO",
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
      "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
};

static anonid_secret_t *password(const char *text)
{
    return anonid_secret_make(ANONID_SECRET_PASSWORD, text, strlen(text));
}

static void assert_base64(const char *expected, const unsigned char *octets,
                          int length)
{
    char text[64];

    EVP_EncodeBlock((unsigned char *)text, octets, length);
    assert_string_equal(text, expected);
}

static void the_examples_of_the_standards_come_out(void **state)
{
    anonid_secret_t *pencil = password("pencil");

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const example_t *e = &examples[i];
        const EVP_MD *hash = e->hash();
        const int size = EVP_MD_get_size(hash);
        unsigned char stored[32], out[32];
        anonid_scram_first_t first;
        anonid_scram_keys_t keys;
        char auth[512];

        assert_null(
            anonid_scram_first_parse(e->first, strlen(e->first), &first));
        assert_true(anonid_scram_keys(pencil, hash, &first, &keys));
        snprintf(auth, sizeof(auth), "%s,%s,%s", e->bare, e->first, e->final);
        EVP_Digest(keys.client, (size_t)size, stored, NULL, hash, NULL);
        anonid_scram_hmac(hash, stored, auth, strlen(auth), out);
        for (int n = 0; n < size; n++)
            out[n] ^= keys.client[n];
        assert_base64(e->proof, out, size);
        anonid_scram_hmac(hash, keys.server, auth, strlen(auth), out);
        assert_base64(e->signature, out, size);
    }
    anonid_secret_drop(pencil);
}

static void parse(const char *message, anonid_scram_first_t *first)
{
    assert_null(anonid_scram_first_parse(message, strlen(message), first));
}

static void they_are_of_salt_count_hash_and_password(void **state)
{
    anonid_secret_t *one = password("one"), *other = password("other");
    anonid_scram_first_t first, salted, counted;
    anonid_scram_keys_t keys, again;

    (void)state;
    parse("r=x,s=c2FsdA==,i=4096", &first);
    parse("r=x,s=c2FsdB==,i=4096", &salted);
    parse("r=x,s=c2FsdA==,i=4097", &counted);
    salted.salt[0] ^= 1;
    assert_false(anonid_scram_keys_recall(one, EVP_sha256(), &first, &again));
    assert_true(anonid_scram_keys(one, EVP_sha256(), &first, &keys));
    assert_true(anonid_scram_keys_recall(one, EVP_sha256(), &first, &again));
    assert_memory_equal(&keys, &again, sizeof(keys));
    assert_false(anonid_scram_keys_recall(one, EVP_sha256(), &salted, &again));
    assert_false(
        anonid_scram_keys_recall(one, EVP_sha256(), &counted, &again));
    assert_false(anonid_scram_keys_recall(one, EVP_sha1(), &first, &again));
    assert_false(
        anonid_scram_keys_recall(other, EVP_sha256(), &first, &again));
    anonid_secret_drop(one);
    anonid_secret_drop(other);
}

/* A server that names another salt each time finds an end of room. */
static void only_the_last_few_are_kept(void **state)
{
    anonid_secret_t *one = password("one");
    anonid_scram_first_t first;
    anonid_scram_keys_t keys;

    (void)state;
    parse("r=x,s=c2FsdA==,i=1", &first);
    for (long i = 1; i <= 100; i++) {
        first.iterations = i;
        assert_true(anonid_scram_keys(one, EVP_sha256(), &first, &keys));
    }
    assert_true(anonid_scram_keys_recall(one, EVP_sha256(), &first, &keys));
    first.iterations = 1;
    assert_false(anonid_scram_keys_recall(one, EVP_sha256(), &first, &keys));
    anonid_secret_drop(one);
}

/* A salt that is too long to be remembered is used all the same. */
static void a_long_salt_is_used(void **state)
{
    anonid_secret_t *one = password("one");
    anonid_scram_first_t first;
    anonid_scram_keys_t keys;

    (void)state;
    parse("r=x,s=c2FsdA==,i=1", &first);
    memset(first.salt, 'x', sizeof(first.salt));
    first.salt_length = sizeof(first.salt);
    assert_true(anonid_scram_keys(one, EVP_sha256(), &first, &keys));
    assert_false(anonid_scram_keys_recall(one, EVP_sha256(), &first, &keys));
    anonid_secret_drop(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standards_come_out),
        cmocka_unit_test(they_are_of_salt_count_hash_and_password),
        cmocka_unit_test(only_the_last_few_are_kept),
        cmocka_unit_test(a_long_salt_is_used),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
