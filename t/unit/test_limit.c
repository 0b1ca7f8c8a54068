/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as text: what is taken, under which name, and what is refused.
 */
#include "unit.h"

#include "common/limit.h"

#include <string.h>

static const struct {
    const char *text, *name;
    unsigned burst;
    apr_interval_time_t interval;
    anonid_limit_scope_t scope;
    anonid_limit_kind_t kind;
} good[] = {
    { "60/minute", "60/minute total", 60, 1000000, ANONID_LIMIT_TOTAL,
      ANONID_LIMIT_MESSAGES },
    { "10/minute per-client", "10/minute per-client", 10, 6000000,
      ANONID_LIMIT_PER_CLIENT, ANONID_LIMIT_MESSAGES },
    { "7/SECOND 7 Total messages", "7/second total", 7, 142858,
      ANONID_LIMIT_TOTAL, ANONID_LIMIT_MESSAGES },
    { "100/day recipients 20\tper-client", "100/day 20 per-client recipients",
      20, 864000000, ANONID_LIMIT_PER_CLIENT, ANONID_LIMIT_RECIPIENTS },
    { " 1/hour  1 logins ", "1/hour total logins", 1, 3600000000,
      ANONID_LIMIT_TOTAL, ANONID_LIMIT_LOGINS },
    { "10000/second 1000000", "10000/second 1000000 total", 1000000, 100,
      ANONID_LIMIT_TOTAL, ANONID_LIMIT_MESSAGES },
    { "1/day 366", "1/day 366 total", 366, 86400000000, ANONID_LIMIT_TOTAL,
      ANONID_LIMIT_MESSAGES },
};

static const struct {
    const char *text, *wrong;
} bad[] = {
    { "", "there is no rate: write N/UNIT" },
    { "10", "'10' has no unit: write 10/minute" },
    { "10/", "'10/' has no unit" },
    { "ten/minute", "'ten/minute' is not a rate: the number in a minute has "
                    "to be 1 to 600000" },
    { "/minute", "'/minute' is not a rate" },
    { "0/minute", "'off' stands for no limit" },
    { "-1/minute", "is not a rate" },
    { "1.5/minute", "is not a rate" },
    { "99999999999999999999/day", "has to be 1 to 1000000" },
    { "10001/second", "the number in a second has to be 1 to 10000" },
    { "10/month", "unknown unit 'month': write second, minute, hour or day" },
    { "10/minute 0", "the burst '0' has to be 1 to 1000000" },
    { "10/minute 5x", "the burst '5x'" },
    { "10/minute 1000001", "the burst '1000001'" },
    { "10/minute 5 6", "'6': the burst is said already" },
    { "10/minute total per-client", "'per-client': the scope is said" },
    { "10/minute recipients logins", "'logins': the kind is said" },
    { "10/minute per-user", "'per-user' is not known here: write N/UNIT" },
    { "per-client 10/minute", "'per-client' has no unit" },
    { "1/day 367", "write 366 at most" },
};

static void good_limits_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        anonid_limit_t limit;
        const char *wrong = anonid_limit_parse(&limit, good[i].text, pool);

        if (wrong)
            fail_msg("%s: %s", good[i].text, wrong);
        assert_string_equal(limit.text, good[i].name);
        assert_int_equal(limit.burst, good[i].burst);
        assert_int_equal(limit.interval, good[i].interval);
        assert_int_equal(limit.scope, good[i].scope);
        assert_int_equal(limit.kind, good[i].kind);
    }
}

/* The text goes over the wire, and is read there. */
static void a_limits_name_is_that_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        anonid_limit_t limit, again;

        assert_null(anonid_limit_parse(&limit, good[i].text, pool));
        assert_null(anonid_limit_parse(&again, limit.text, pool));
        assert_string_equal(again.text, limit.text);
        assert_int_equal(again.interval, limit.interval);
        assert_int_equal(again.burst, limit.burst);
    }
}

static void bad_limits_are_refused_with_a_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        anonid_limit_t limit;
        const char *wrong = anonid_limit_parse(&limit, bad[i].text, pool);

        if (!wrong || !strstr(wrong, bad[i].wrong))
            fail_msg("%s: %s", bad[i].text, wrong ? wrong : "taken");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_limits_are_taken),
        cmocka_unit_test(a_limits_name_is_that_limit),
        cmocka_unit_test(bad_limits_are_refused_with_a_remedy),
    };

    return cmocka_run_group_tests_name("limit", tests, unit_setup,
                                       unit_teardown);
}
