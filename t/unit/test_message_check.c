/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which messages may be sent, and what they need from a server.
 */
#include "unit.h"

#include "agent/message/mailbox.h"
#include "agent/message/check.h"

#include <stdlib.h>
#include <string.h>

#define FROM "From: site@example.test\r\n"
#define NINE_BIT "the header is not UTF-8"

static const char *check(const char *text, anonid_message_traits_t *traits)
{
    return anonid_message_check(text, strlen(text), "site@example.test",
                                traits);
}

static const char *const good[] = {
    FROM "\r\nHello\r\n",
    FROM,                      /* a header is enough */
    FROM "\r\n",               /* an empty body */
    FROM "\r\nno end of line", /* one is added later */
    "Subject: x\r\n" FROM "\r\n.\r\n..\r\n",
    "FROM:site@EXAMPLE.test\r\n\r\n",
    "From: <site@example.test>\r\n\r\n",
    "From:\r\n <site@EXAMPLE.test>\t\r\n\r\n",
    "From:\r\n\tsite@example.test\r\n\r\n",
    FROM "Sender: site@example.test\r\n\r\n",
    FROM "X-Folded: a\r\n b\r\n\tc\r\n\r\n",
    FROM "\r\nFrom: other@example.test\r\n", /* that is the body */
    FROM "\r\n\x01\x7f\xff\r\n",
};

static void good_messages_pass(void **state)
{
    anonid_message_traits_t traits;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *wrong = check(good[i], &traits);

        if (wrong)
            fail_msg("case %zu: %s", i, wrong);
    }
}

typedef struct {
    const char *text;
    const char *wrong;
} bad_case_t;

static const bad_case_t bad[] = {
    { "", "empty" },
    /* Where it ends must be beyond doubt. */
    { FROM "\r\na\nb\r\n", "ends in LF" },
    { FROM "\r\n\n.\r\n", "ends in LF" },
    { FROM "\r\na\rb\r\n", "CR is not followed" },
    { FROM "\r\na\r\r\n", "CR is not followed" },
    { FROM "\r\na\r", "CR is not followed" },
    { FROM "Subject: x\n\r\n", "ends in LF" },
    /* The header consists of fields. */
    { FROM "\rSubject: x\r\n\r\n", "CR is not followed" },
    { "\r\nHello\r\n", "no From field" },
    { " x\r\n" FROM "\r\n", "not a field" },
    { "Subject\r\n" FROM "\r\n", "not a field" },
    { ": x\r\n" FROM "\r\n", "not a field" },
    { "Subject : x\r\n" FROM "\r\n", "field name" },
    { "Sub\xc3\xa9: x\r\n" FROM "\r\n", "field name" },
    { "Subject: \x01\r\n" FROM "\r\n", "control character" },
    { "Subject: a\r\n \x7f\r\n" FROM "\r\n", "control character" },
    { "Subject: \xff\r\n" FROM "\r\n", NINE_BIT },
    { "Subject: \xc0\xaf\r\n" FROM "\r\n", NINE_BIT },
    { "Subject: a\r\n \xed\xa0\x80\r\n" FROM "\r\n", NINE_BIT },
    /* The author is the service, and nobody else. */
    { "Subject: x\r\n\r\n", "no From field" },
    { FROM FROM "\r\n", "more than one From" },
    { FROM "from: other@example.test\r\n\r\n", "more than one From" },
    { "From : site@example.test\r\n\r\n", "field name" },
    { "From: other@example.test\r\n\r\n", "From field is not" },
    { "From:\r\n\r\n", "From field is not" },
    { "From: <>\r\n\r\n", "From field is not" },
    { "From: <<site@example.test>>\r\n\r\n", "From field is not" },
    { "From: Boss <site@example.test>\r\n\r\n", "From field is not" },
    { "From: \"Boss\" <site@example.test>\r\n\r\n", "From field is not" },
    { "From: =?utf-8?q?Boss?=\r\n <site@example.test>\r\n\r\n",
      "From field is not" },
    { "From: Site@example.test\r\n\r\n", "From field is not" },
    { "From: site@example.test.evil\r\n\r\n", "From field is not" },
    { "From: x@evil, site@example.test\r\n\r\n", "From field is not" },
    { "From: site@example.test, x@evil\r\n\r\n", "From field is not" },
    { "From: <x@evil> <site@example.test>\r\n\r\n", "From field is not" },
    { "From: site@example.test <x@evil>\r\n\r\n", "From field is not" },
    { "From: x@evil <site@example.test>\r\n\r\n", "From field is not" },
    { "From: \"<x@evil> <site@example.test>\r\n\r\n", "From field is not" },
    { "From: a (<x@evil>) <site@example.test>\r\n\r\n", "From field is not" },
    { "From: g: <site@example.test>\r\n\r\n", "From field is not" },
    { "From: <@evil:site@example.test>\r\n\r\n", "From field is not" },
    { "From: <site@example.test>\r\n , x@evil\r\n\r\n", "From field is not" },
    { FROM "Sender: x@evil\r\n\r\n", "Sender field is not" },
    { FROM "Sender: site@example.test\r\nSender: site@example.test\r\n\r\n",
      "more than one Sender" },
};

static void bad_messages_are_refused(void **state)
{
    anonid_message_traits_t traits;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *wrong = check(bad[i].text, &traits);

        if (!wrong || !strstr(wrong, bad[i].wrong))
            fail_msg("case %zu: \"%s\", not \"%s\"", i, wrong ? wrong : "",
                     bad[i].wrong);
    }
}

static void nul_octets_are_refused(void **state)
{
    static const char body[] = FROM "\r\na\0b\r\n";
    static const char header[] = "Subject: a\0b\r\n" FROM "\r\n";
    anonid_message_traits_t traits;

    (void)state;
    assert_non_null(anonid_message_check(body, sizeof(body) - 1,
                                         "site@example.test", &traits));
    assert_non_null(anonid_message_check(header, sizeof(header) - 1,
                                         "site@example.test", &traits));
}

/* A line of n octets, in the body or in the header. */
static const char *check_line(size_t n, int in_header)
{
    size_t before = strlen(FROM);
    char *text = malloc(before + n + 8);
    anonid_message_traits_t traits;
    const char *wrong;

    memcpy(text, FROM, before);
    if (!in_header) {
        memcpy(text + before, "\r\n", 2);
        before += 2;
    }
    memset(text + before, 'x', n);
    if (in_header)
        text[before + 1] = ':';
    memcpy(text + before + n, "\r\n", 2);
    wrong = anonid_message_check(text, before + n + 2, "site@example.test",
                                 &traits);
    free(text);
    return wrong;
}

static void long_lines_are_refused(void **state)
{
    (void)state;
    assert_null(check_line(998, 0));
    assert_null(check_line(998, 1));
    assert_non_null(strstr(check_line(999, 0), "998"));
    assert_non_null(strstr(check_line(999, 1), "998"));
}

static void assert_traits(const char *text, int eight_bit, int utf8)
{
    anonid_message_traits_t traits;

    assert_null(check(text, &traits));
    assert_int_equal(traits.eight_bit, eight_bit);
    assert_int_equal(traits.utf8, utf8);
}

static void needs_are_told(void **state)
{
    (void)state;
    assert_traits(FROM "\r\nascii\r\n", 0, 0);
    assert_traits(FROM "\r\n\xc3\xa9\r\n", 1, 0);
    assert_traits(FROM "\r\n\xff\r\nascii\r\n", 1, 0);
    assert_traits(FROM "Subject: \xc3\xa9\r\n\r\nascii\r\n", 0, 1);
    assert_traits(FROM "Subject: a\r\n \xc3\xa9\r\n\r\n\xff\r\n", 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_messages_pass),
        cmocka_unit_test(bad_messages_are_refused),
        cmocka_unit_test(nul_octets_are_refused),
        cmocka_unit_test(long_lines_are_refused),
        cmocka_unit_test(needs_are_told),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
