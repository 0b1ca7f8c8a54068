/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dot-stuffing: the same result, whatever the size of the pieces.
 */
#include "unit.h"

#include "agent/smtp/dotstuff.h"

#include <string.h>

typedef struct {
    const char *message;
    const char *wire;
} stuff_case_t;

static const stuff_case_t cases[] = {
    { "a\r\n", "a\r\n.\r\n" },
    { "a", "a\r\n.\r\n" },
    { "a\r\n\r\n", "a\r\n\r\n.\r\n" },
    { ".\r\n", "..\r\n.\r\n" },
    { ".", "..\r\n.\r\n" },
    { "..\r\n", "...\r\n.\r\n" },
    { "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n" },
    { "a\r\n.b.\r\n.\r\n", "a\r\n..b.\r\n..\r\n.\r\n" },
    { "a.\r\nb", "a.\r\nb\r\n.\r\n" },
};

static void run(const stuff_case_t *c, size_t piece)
{
    char out[128];
    size_t used = 0, n;
    anonid_dotstuff_t d;

    anonid_dotstuff_begin(&d, c->message, strlen(c->message));
    while (!anonid_dotstuff_done(&d)) {
        n = anonid_dotstuff_next(&d, out + used, piece);
        assert_true(n > 0 && n <= piece);
        used += n;
        assert_true(used + piece < sizeof(out));
    }
    assert_int_equal(anonid_dotstuff_next(&d, out + used, piece), 0);
    assert_int_equal(used, strlen(c->wire));
    assert_memory_equal(out, c->wire, used);
}

static void pieces_make_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t piece = 1; piece < 40; piece++)
            run(&cases[i], piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_no_difference),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
