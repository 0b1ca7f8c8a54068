/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a store that failed is left alone.
 */
#include "unit.h"

#include "agent/store/breaker.h"

#define MINUTE apr_time_from_sec(60)

static void delays_double_up_to_a_minute(void **state)
{
    static const int seconds[] = { 5, 10, 20, 40, 60, 60 };
    anonid_breaker_t breaker = { 0, 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(seconds); i++)
        assert_int_equal(anonid_breaker_failed(&breaker, MINUTE),
                         apr_time_from_sec(seconds[i]));
}

/* One that fails whenever something is asked of it is not well. */
static void a_moment_of_health_changes_nothing(void **state)
{
    anonid_breaker_t breaker = { 0, 0 };

    (void)state;
    (void)anonid_breaker_failed(&breaker, MINUTE);
    anonid_breaker_well(&breaker, MINUTE);
    assert_int_equal(anonid_breaker_failed(&breaker, 2 * MINUTE - 1),
                     apr_time_from_sec(10));
}

static void a_minute_of_health_is_a_beginning(void **state)
{
    anonid_breaker_t breaker = { 0, 0 };

    (void)state;
    for (int i = 0; i < 4; i++)
        (void)anonid_breaker_failed(&breaker, MINUTE);
    anonid_breaker_well(&breaker, MINUTE);
    assert_int_equal(anonid_breaker_failed(&breaker, 2 * MINUTE),
                     ANONID_BREAKER_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_up_to_a_minute),
        cmocka_unit_test(a_moment_of_health_changes_nothing),
        cmocka_unit_test(a_minute_of_health_is_a_beginning),
    };

    return cmocka_run_group_tests_name("breaker", tests, unit_setup,
                                       unit_teardown);
}
