/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SCRAM servers say, good ones and hostile ones.
 */
#include "unit.h"

#include "agent/sasl/scram_message.h"

#include <string.h>

typedef struct {
    const char *message;
    long count; /* -1: it is refused */
} first_case_t;

static const first_case_t firsts[] = {
    { "r=abc,s=c2FsdA==,i=4096", 4096 },
    { "r=abc,s=c2FsdA==,i=4096,x=y", 4096 },
    { "r=i=1,s=aaaa,i=5000", 5000 },
    { "r=abc,s=aaaa,i=999999999", 999999999 },
    { "r=abc,s=aaaa,i=1000000000", -1 },
    { "r=abc,s=aaaa,i=-1", -1 },
    { "r=abc,s=aaaa,i= 1", -1 },
    { "r=abc,s=aaaa,i=0x10", -1 },
    { "r=abc,s=aaaa,i=", -1 },
    { "r=abc,s=aaaa,i", -1 },
    { "r=abc,s=aaaa", -1 },
    { "r=abc,s=aaaa,", -1 },
    { "i=1", -1 },
    { "s=aaaa,r=abc,i=4096", -1 },
    { "m=x,r=abc,s=aaaa,i=4096", -1 },
    { "r=,s=aaaa,i=4096", -1 },
    { "r=abc,s=,i=4096", -1 },
    { "r=abc,s=aaa,i=4096", -1 },
    { "r=abc,s=a a=,i=4096", -1 },
    { "r=abc,s=====,i=4096", -1 },
    { "r=abc,s=aa=a,i=4096", -1 },
    { "", -1 },
};

static void first_messages_are_read(void **state)
{
    anonid_scram_first_t first;

    (void)state;
    for (size_t i = 0; i < COUNT(firsts); i++) {
        const char *why = anonid_scram_first_parse(
            firsts[i].message, strlen(firsts[i].message), &first);

        assert_int_equal(why == NULL, firsts[i].count >= 0);
        if (!why)
            assert_int_equal(first.iterations, firsts[i].count);
    }
}

static void salt_and_nonce_are_taken(void **state)
{
    static const char message[] = "r=fyko+d2lbbFgONRv9,s=QSXCR+Q6sek8bf92,"
                                  "i=4096";
    static const unsigned char salt[] = { 0x41, 0x25, 0xc2, 0x47, 0xe4, 0x3a,
                                          0xb1, 0xe9, 0x3c, 0x6d, 0xff, 0x76 };
    anonid_scram_first_t first;

    (void)state;
    assert_null(anonid_scram_first_parse(message, strlen(message), &first));
    assert_int_equal(first.nonce_length, 17);
    assert_memory_equal(first.nonce, "fyko+d2lbbFgONRv9", 17);
    assert_int_equal(first.salt_length, sizeof(salt));
    assert_memory_equal(first.salt, salt, sizeof(salt));
}

/* A nonce with a NUL, and a salt of more octets than there is room for. */
static void what_is_too_much_is_refused(void **state)
{
    static char message[4096];
    anonid_scram_first_t first;

    (void)state;
    assert_non_null(
        anonid_scram_first_parse("r=a\0c,s=aaaa,i=4096", 19, &first));
    memset(message, 'a', sizeof(message));
    memcpy(message, "r=abc,s=", 8);
    memcpy(message + sizeof(message) - 12, ",i=000004096", 12);
    assert_non_null(
        anonid_scram_first_parse(message, sizeof(message), &first));
}

static const char *final_parse(const char *message,
                               anonid_scram_final_t *final)
{
    return anonid_scram_final_parse(message, strlen(message), final);
}

static void last_messages_are_read(void **state)
{
    anonid_scram_final_t final;

    (void)state;
    assert_null(final_parse("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", &final));
    assert_null(final.error);
    assert_int_equal(final.signature_length, 20);
    assert_null(final_parse("e=invalid-proof,x=y", &final));
    assert_int_equal(final.error_length, 13);
    assert_memory_equal(final.error, "invalid-proof", 13);
    assert_non_null(final_parse("", &final));
    assert_non_null(final_parse("v=", &final));
    assert_non_null(final_parse("e=", &final));
    assert_null(final.error);
    assert_non_null(final_parse("v=!!!!", &final));
    assert_non_null(final_parse("x=y,v=aaaa", &final));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_messages_are_read),
        cmocka_unit_test(salt_and_nonce_are_taken),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(last_messages_are_read),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
