/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account file: which line is a user's, and that replacing its verifier
 * leaves every other octet alone.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/accountfile.h"

static const struct {
    const char *text;
    anonid_accountfile_t result;
    const char *verifier;
} lines[] = {
    { "", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "IUSR_web1:abc\n", ANONID_ACCOUNTFILE_OK, "abc" },
    { "IUSR_web1:abc", ANONID_ACCOUNTFILE_OK, "abc" },
    { "IUSR_web1:abc\r\nx:y\r\n", ANONID_ACCOUNTFILE_OK, "abc" },
    { "IUSR_web1:abc:8:8::/home\n", ANONID_ACCOUNTFILE_OK, "abc" },
    { "IUSR_web1:\n", ANONID_ACCOUNTFILE_OK, "" },
    { "a:b\n\n# c\nIUSR_web1:x\n", ANONID_ACCOUNTFILE_OK, "x" },
    { "IUSR_web1\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "IUSR_web11:abc\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "iusr_web1:abc\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { " IUSR_web1:abc\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "#IUSR_web1:abc\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "x:IUSR_web1:abc\n", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "IUSR_web1:a\nIUSR_web1:b\n", ANONID_ACCOUNTFILE_TWICE, NULL },
};

static void the_users_line_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *text = lines[i].text;
        anonid_verifier_span_t span;
        anonid_accountfile_t result =
            anonid_accountfile_find(text, strlen(text), "IUSR_web1", &span);

        if (result != lines[i].result)
            fail_msg("%d for: %s", (int)result, text);
        if (result != ANONID_ACCOUNTFILE_OK)
            continue;
        assert_int_equal(span.length, strlen(lines[i].verifier));
        assert_memory_equal(text + span.offset, lines[i].verifier,
                            span.length);
    }
}

static void nul_octets_are_refused(void **state)
{
    anonid_verifier_span_t span;

    (void)state;
    assert_int_equal(anonid_accountfile_find("a:b\0\nc:d\n", 10, "c", &span),
                     ANONID_ACCOUNTFILE_BAD);
}

static void an_endless_verifier_is_refused(void **state)
{
    char *text = malloc(ANONID_VERIFIER_MAX + 3);
    anonid_verifier_span_t span;

    (void)state;
    memset(text, 'x', ANONID_VERIFIER_MAX + 3);
    text[1] = ':';
    assert_int_equal(
        anonid_accountfile_find(text, ANONID_VERIFIER_MAX + 3, "x", &span),
        ANONID_ACCOUNTFILE_BAD);
    assert_int_equal(
        anonid_accountfile_find(text, ANONID_VERIFIER_MAX + 2, "x", &span),
        ANONID_ACCOUNTFILE_OK);
    free(text);
}

static void only_the_verifier_is_replaced(void **state)
{
    static const char before[] = "# ours\r\na:b\nIUSR_web1:old:8:8::/h\r\n\n"
                                 "z:y";
    static const char after[] = "# ours\r\na:b\nIUSR_web1:newer:8:8::/h\r\n\n"
                                "z:y";
    anonid_verifier_span_t span;
    size_t length;
    char *out;

    (void)state;
    assert_int_equal(
        anonid_accountfile_find(before, strlen(before), "IUSR_web1", &span),
        ANONID_ACCOUNTFILE_OK);
    out = anonid_accountfile_replace(before, strlen(before), &span, "newer",
                                     &length);
    assert_int_equal(length, strlen(after));
    assert_string_equal(out, after);
    free(out);
}

static void a_verifier_cannot_add_a_line_or_field(void **state)
{
    (void)state;
    assert_true(anonid_verifier_wellformed("{SCRAM-SHA-256}4096,a+/=,b,c"));
    assert_true(anonid_verifier_wellformed("$2y$10$abc./"));
    assert_false(anonid_verifier_wellformed(""));
    assert_false(anonid_verifier_wellformed("a:b"));
    assert_false(anonid_verifier_wellformed("a\nroot"));
    assert_false(anonid_verifier_wellformed("a b"));
    assert_false(anonid_verifier_wellformed("a\xc3\xa4"));
}

/* Comments, empty lines and lines without a verifier name nobody. */
static void each_user_is_named_once(void **state)
{
    static const char text[] = "# c:x\n\nalice:x:1\r\nno verifier\n:y\n"
                               "IUSR_a:\nbob:z";
    static const char *const users[] = { "alice", "IUSR_a", "bob" };
    const char *user;
    size_t at = 0, length, n = 0;

    (void)state;
    while (anonid_accountfile_next(text, strlen(text), &at, &user, &length)) {
        assert_true(n < COUNT(users));
        assert_int_equal(length, strlen(users[n]));
        assert_memory_equal(user, users[n++], length);
    }
    assert_int_equal(n, COUNT(users));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_is_named_once),
        cmocka_unit_test(the_users_line_is_found),
        cmocka_unit_test(nul_octets_are_refused),
        cmocka_unit_test(an_endless_verifier_is_refused),
        cmocka_unit_test(only_the_verifier_is_replaced),
        cmocka_unit_test(a_verifier_cannot_add_a_line_or_field),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
