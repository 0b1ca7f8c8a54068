/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keytabs as octets: whole ones are taken, cut off ones are not, wherever the
 * cut is. What libkrb5 makes of a whole one, t/logon-keytab.t says.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "agent/krb5/keytab.h"

/* Two records of 5 and 3 octets, with a hole of 4 between them. */
static const char two_keys[] = "\5\2"
                               "\0\0\0\5abcde"
                               "\xff\xff\xff\xfchole"
                               "\0\0\0\3xyz";

#define WHOLE (sizeof(two_keys) - 1)

/* An exact copy, so that a sanitizer sees what is read beyond it. */
static const char *error_of(const char *octets, size_t length)
{
    char *copy = malloc(length ? length : 1);
    const char *error;

    memcpy(copy, octets, length);
    error = anonid_krb5_keytab_error(copy, length);
    free(copy);
    return error;
}

static void a_whole_keytab_is_taken(void **state)
{
    (void)state;
    assert_null(error_of(two_keys, WHOLE));
    assert_null(error_of(two_keys, 11)); /* the first key alone */
    assert_null(error_of(two_keys, 19)); /* ... and the hole */
}

static void a_cut_is_seen_wherever_it_is(void **state)
{
    (void)state;
    for (size_t n = 0; n < WHOLE; n++) {
        if (n != 11 && n != 19)
            assert_non_null(error_of(two_keys, n));
    }
}

static void it_ends_at_a_size_of_zero(void **state)
{
    static const char zeros[] = "\5\2\0\0\0\1a\0\0\0\0\0\0\0\0\0";

    (void)state;
    assert_null(error_of(zeros, sizeof(zeros) - 1));
}

static const struct {
    const char *octets;
    size_t length;
    const char *error;
} others[] = {
    { "", 0, "it is not a keytab" },
    { "\5", 1, "it is not a keytab" },
    { "\5\1\0\0\0\1a", 7, "it is not a keytab" },
    { "hunter2\n", 8, "it is not a keytab" },
    { "\5\2", 2, "the keytab holds no key" },
    { "\5\2\0\0\0\0", 6, "the keytab holds no key" },
    { "\5\2\xff\xff\xff\xff.", 7, "the keytab holds no key" },
    { "\5\2\0\0\0\2a", 7, "the keytab is cut off" },
    { "\5\2\x7f\xff\xff\xff.", 7, "the keytab is cut off" },
    { "\5\2\x80\0\0\0.", 7, "the keytab is cut off" },
};

static void what_is_no_keytab_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *error = error_of(others[i].octets, others[i].length);

        assert_non_null(error);
        assert_string_equal(error, others[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_keytab_is_taken),
        cmocka_unit_test(a_cut_is_seen_wherever_it_is),
        cmocka_unit_test(it_ends_at_a_size_of_zero),
        cmocka_unit_test(what_is_no_keytab_is_told),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
