/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies as a visitor may read them: with aliases instead of addresses.
 */
#include "unit.h"

#include "agent/message/reply_text.h"

#include <string.h>

typedef struct {
    const char *text;
    const char *expected;
} redact_case_t;

/* The address is jane.doe@example.test, the alias "office". */
static const redact_case_t cases[] = {
    { "550 5.1.1 <jane.doe@example.test>: Recipient address rejected",
      "550 5.1.1 <office>: Recipient address rejected" },
    { "550 No jane.doe@example.test here", "550 No office here" },
    { "550 JANE.DOE@Example.Test?", "550 office?" },
    { "550 jane.doe@example.test.", "550 office." },
    { "550 user jane.doe unknown", "550 user office unknown" },
    { "550 user 'jane.doe', unknown", "550 user 'office', unknown" },
    { "550 jane.doer and xjane.doe are others",
      "550 jane.doer and xjane.doe are others" },
    { "550 <other@example.test> forwards to a@b.",
      "550 <[address]> forwards to [address]." },
    { "550 for=jane.doe@example.test;", "550 [address];" },
    { "550 jane.doe=example.test@list.test", "550 [address]" },
    { "550 5.7.1 see https://example.test/help?id=1",
      "550 5.7.1 see https://example.test/help?id=1" },
    { "550 ... . @ x", "550 ... . [address] x" },
    { "", "" },
};

static void addresses_become_aliases(void **state)
{
    char out[256];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        anonid_reply_redact(cases[i].text, "jane.doe@example.test", "office",
                            out, sizeof(out));
        assert_string_equal(out, cases[i].expected);
    }
}

static void there_may_be_no_address(void **state)
{
    char out[64];

    (void)state;
    anonid_reply_redact("550 <a@b.c> is jane", NULL, "", out, sizeof(out));
    assert_string_equal(out, "550 <[address]> is jane");
}

static void results_fit_their_room(void **state)
{
    char out[9];

    (void)state;
    anonid_reply_redact("550 jane@b.c is gone", "jane@b.c", "a-long-alias",
                        out, sizeof(out));
    assert_string_equal(out, "550 a-lo");
    anonid_reply_redact("550", NULL, "", out, 1);
    assert_string_equal(out, "");
}

static const struct {
    const char *text;
    const char *name;
    int named;
} names[] = {
    { "553 <web@example.test>: not owned by user visitor", "visitor", 1 },
    { "553 <web@example.test>: not owned by user Visitor.", "visitor", 1 },
    { "553 EXAMPLE\\visitor may not", "visitor", 1 },
    { "553 EXAMPLE\\visitor may not", "EXAMPLE\\Visitor", 1 },
    { "553 visitor@EXAMPLE.TEST may not", "visitor", 1 },
    { "553 <web@example.test>: no", "web@example.test", 1 },
    { "visitor", "visitor", 1 },
    { "553 no visitors, revisitor", "visitor", 0 },
    { "553 visitors and the visitor", "visitor", 1 },
    { "553 visitor-2, my_visitor", "visitor", 0 },
    { "553 visitor\xc3\xa9", "visitor", 0 },
    { "553 no", "visitor", 0 },
    { "553 no", "", 0 },
    { "553 no", NULL, 0 },
    { "", "visitor", 0 },
};

static void names_are_found_as_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(anonid_reply_names(names[i].text, names[i].name),
                         names[i].named);
}

static const redact_case_t withheld[] = {
    { "553 5.7.1 <a@b.c>: not owned by x",
      "553 5.7.1 refused by the mail server" },
    { "553 not yours", "553 refused by the mail server" },
    { "553", "553 refused by the mail server" },
    { "553 12 monkeys", "553 12 refused by the mail server" },
};

static void words_are_withheld(void **state)
{
    char out[64];

    (void)state;
    for (size_t i = 0; i < COUNT(withheld); i++) {
        anonid_reply_withhold(withheld[i].text, out, sizeof(out));
        assert_string_equal(out, withheld[i].expected);
    }
    anonid_reply_withhold("553 5.7.1 no", out, 8);
    assert_string_equal(out, "553 5.7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_aliases),
        cmocka_unit_test(there_may_be_no_address),
        cmocka_unit_test(results_fit_their_room),
        cmocka_unit_test(names_are_found_as_words),
        cmocka_unit_test(words_are_withheld),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
