/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The iteration count of SCRAM, in messages of good and of hostile servers.
 */
#include "unit.h"

#include "agent/sasl/scram_iterations.h"

#include <string.h>

typedef struct {
    const char *message;
    long count;
} count_case_t;

static const count_case_t cases[] = {
    { "r=abc,s=c2FsdA==,i=4096", 4096 },
    { "r=abc,s=c2FsdA==,i=4096,x=y", 4096 },
    { "r=i=1,s=aaaa,i=5000", 5000 },
    { "i=1", 1 },
    { "r=abc,s=aaaa,i=999999999", 999999999 },
    { "r=abc,s=aaaa,i=1000000000", -1 },
    { "r=abc,s=aaaa,i=-1", -1 },
    { "r=abc,s=aaaa,i= 1", -1 },
    { "r=abc,s=aaaa,i=0x10", -1 },
    { "r=abc,s=aaaa,i=", -1 },
    { "r=abc,s=aaaa,i", -1 },
    { "r=abc,s=aaaa", -1 },
    { "r=abc,s=aaaa,", -1 },
    { "", -1 },
};

static void counts_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(anonid_scram_iterations(cases[i].message,
                                                 strlen(cases[i].message)),
                         cases[i].count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_found),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
