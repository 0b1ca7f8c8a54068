/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies as a visitor may read them: with aliases instead of addresses.
 */
#include "unit.h"

#include "agent/submission/reply_text.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_aliases),
        cmocka_unit_test(there_may_be_no_address),
        cmocka_unit_test(results_fit_their_room),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
