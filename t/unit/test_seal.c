/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals: what was sealed is read again, by the same key and for the same
 * purpose, and nothing else is.
 */
#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "module/text/seal.h"

#define NOW apr_time_from_sec(1700000000)

static const anonid_seal_key_t key = { { 1, 2, 3 } };
static const anonid_seal_key_t other = { { 1, 2, 4 } };

static void what_was_sealed_is_read_again(void **state)
{
    static const char *const texts[] = { "",       " ",        "a",  "ab",
                                         "abc\nd", "\xff\xfe", "1 2" };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *seal =
            anonid_seal_make(pool, &key, "a", texts[i], NOW + 999999);
        apr_time_t made = 0;
        const char *text = anonid_seal_open(pool, &key, "a", seal, &made);

        assert_non_null(text);
        assert_string_equal(text, texts[i]);
        assert_true(made == NOW);
        assert_int_equal(strspn(seal, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
                                      "mnopqrstuvwxyz0123456789-_."),
                         strlen(seal));
    }
}

static void another_key_or_purpose_does_not_open_it(void **state)
{
    const char *seal = anonid_seal_make(pool, &key, "ab", "c", NOW);
    apr_time_t made;

    (void)state;
    assert_null(anonid_seal_open(pool, &other, "ab", seal, &made));
    assert_null(anonid_seal_open(pool, &key, "a", seal, &made));
    assert_null(anonid_seal_open(pool, &key, "abc", seal, &made));
    assert_null(anonid_seal_open(pool, &key, "", seal, &made));
}

static void no_octet_of_it_can_be_changed(void **state)
{
    const char *seal = anonid_seal_make(pool, &key, "a", "text", NOW);
    apr_time_t made;

    (void)state;
    for (size_t i = 0; seal[i]; i++) {
        char *changed = apr_pstrdup(pool, seal);
        const char *text;

        changed[i] = changed[i] == 'Q' ? 'w' : 'Q';
        /* The last character of base64 has bits that mean nothing. */
        text = anonid_seal_open(pool, &key, "a", changed, &made);
        assert_true(!text || strcmp(text, "text") == 0);
        if (text)
            assert_true(seal[i + 1] == '\0' || seal[i + 1] == '.');
        changed[i] = '\0';
        assert_null(anonid_seal_open(pool, &key, "a", changed, &made));
    }
}

static void what_is_no_seal_is_refused(void **state)
{
    static const char *const bad[] = { "",    ".",     "a",        "..",
                                       "=.=", "a.b.c", "\xff.\xff" };
    char *longest = apr_pcalloc(pool, 10001);
    apr_time_t made;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(anonid_seal_open(pool, &key, "a", bad[i], &made));
    memset(longest, 'A', 10000);
    longest[5000] = '.';
    assert_null(anonid_seal_open(pool, &key, "a", longest, &made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_read_again),
        cmocka_unit_test(another_key_or_purpose_does_not_open_it),
        cmocka_unit_test(no_octet_of_it_can_be_changed),
        cmocka_unit_test(what_is_no_seal_is_refused),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
