/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in flight: whatever httpd's MaxRequestWorkers, some workers are
 * left to pages, and to other services while one hangs.
 */
#include "unit.h"

#include "agent/mail/in_flight.h"

#define MOST 20000

static void limits_go_by_the_workers(void **state)
{
    static const struct {
        unsigned workers;
        int service, all;
    } cases[] = {
        { 1, 1, 1 },      { 2, 1, 1 },       { 3, 1, 2 },     { 4, 2, 3 },
        { 16, 8, 12 },    { 64, 32, 48 },    { 128, 64, 96 }, { 150, 64, 112 },
        { 400, 64, 300 }, { 4000, 64, 500 }, { 0, 64, 112 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        anonid_in_flight_limit_t limit =
            anonid_in_flight_limit(cases[i].workers);

        assert_int_equal(limit.service, cases[i].service);
        assert_int_equal(limit.all, cases[i].all);
    }
}

static void some_are_always_left(void **state)
{
    (void)state;
    for (unsigned workers = 2; workers <= MOST; workers++) {
        anonid_in_flight_limit_t limit = anonid_in_flight_limit(workers);

        assert_in_range(limit.service, 1, limit.all);
        assert_in_range(limit.all, 1, workers - 1);
        if (workers > 2)
            assert_true(limit.service < limit.all);
    }
}

static void one_service_leaves_some_to_others(void **state)
{
    anonid_in_flight_t *held[8], *other;

    (void)state;
    for (int i = 0; i < 4; i++) {
        held[i] = anonid_in_flight_enter("slow", 8);
        assert_non_null(held[i]);
    }
    assert_null(anonid_in_flight_enter("slow", 8));
    held[4] = anonid_in_flight_enter("other", 8);
    held[5] = anonid_in_flight_enter("other", 8);
    assert_non_null(held[5]);
    assert_null(anonid_in_flight_enter("other", 8));
    anonid_in_flight_leave(held[0]);
    other = anonid_in_flight_enter("third", 8);
    assert_non_null(other);
    anonid_in_flight_leave(other);
    for (int i = 1; i < 6; i++)
        anonid_in_flight_leave(held[i]);
}

/* By a new configuration, while messages are on their way. */
static void fewer_workers_let_no_more_in(void **state)
{
    anonid_in_flight_t *held[4], *next;

    (void)state;
    for (int i = 0; i < 4; i++)
        held[i] = anonid_in_flight_enter("slow", 8);
    anonid_in_flight_leave(held[0]);
    assert_null(anonid_in_flight_enter("slow", 4));
    anonid_in_flight_leave(held[1]);
    anonid_in_flight_leave(held[2]);
    next = anonid_in_flight_enter("slow", 4);
    assert_non_null(next);
    anonid_in_flight_leave(next);
    anonid_in_flight_leave(held[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_go_by_the_workers),
        cmocka_unit_test(some_are_always_left),
        cmocka_unit_test(one_service_leaves_some_to_others),
        cmocka_unit_test(fewer_workers_let_no_more_in),
    };

    return cmocka_run_group_tests_name("in_flight", tests, unit_setup,
                                       unit_teardown);
}
