/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: whose turn it is, and how many of one lane run at once.
 */
#include "unit.h"

#include "agent/lanes.h"

#define MOST 2

static anonid_job_t jobs[8];

/* The number of the job that is taken; -1: none may run. */
static int take(anonid_lanes_t *lanes)
{
    const anonid_job_t *job = anonid_lanes_take(lanes);

    return job ? (int)(job - jobs) : -1;
}

static void add(anonid_lanes_t *lanes, const char *lane, int job)
{
    assert_true(anonid_lanes_add(lanes, lane, &jobs[job]));
}

/* All that was taken ends, and nothing is left. */
static void end(anonid_lanes_t *lanes, int first, int last)
{
    for (int i = first; i <= last; i++)
        anonid_lanes_ended(lanes, &jobs[i]);
    assert_null(lanes->first);
    assert_null(lanes->last);
}

static void jobs_of_a_lane_run_in_their_order(void **state)
{
    anonid_lanes_t lanes = { NULL, NULL, MOST };

    (void)state;
    add(&lanes, "a", 0);
    add(&lanes, "a", 1);
    assert_int_equal(take(&lanes), 0);
    assert_int_equal(take(&lanes), 1);
    end(&lanes, 0, 1);
}

static void a_lane_has_a_limit(void **state)
{
    anonid_lanes_t lanes = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 4; i++)
        add(&lanes, "a", i);
    assert_int_equal(take(&lanes), 0);
    assert_int_equal(take(&lanes), 1);
    assert_int_equal(take(&lanes), -1);
    anonid_lanes_ended(&lanes, &jobs[1]);
    assert_int_equal(take(&lanes), 2);
    assert_int_equal(take(&lanes), -1);
    anonid_lanes_ended(&lanes, &jobs[0]);
    assert_int_equal(take(&lanes), 3);
    end(&lanes, 2, 3);
}

static void another_lane_is_not_held_up(void **state)
{
    anonid_lanes_t lanes = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&lanes, "a", i);
    add(&lanes, "b", 3);
    assert_int_equal(take(&lanes), 0);
    assert_int_equal(take(&lanes), 3);
    assert_int_equal(take(&lanes), 1);
    assert_int_equal(take(&lanes), -1);
    anonid_lanes_ended(&lanes, &jobs[3]);
    assert_int_equal(take(&lanes), -1);
    anonid_lanes_ended(&lanes, &jobs[0]);
    assert_int_equal(take(&lanes), 2);
    end(&lanes, 1, 2);
}

static void lanes_take_turns(void **state)
{
    anonid_lanes_t lanes = { NULL, NULL, MOST };

    (void)state;
    add(&lanes, "a", 0);
    add(&lanes, "a", 1);
    add(&lanes, "b", 2);
    add(&lanes, "b", 3);
    assert_int_equal(take(&lanes), 0);
    assert_int_equal(take(&lanes), 2);
    assert_int_equal(take(&lanes), 1);
    assert_int_equal(take(&lanes), 3);
    end(&lanes, 0, 3);
}

static void without_a_lane_there_is_no_limit(void **state)
{
    anonid_lanes_t lanes = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 6; i++)
        add(&lanes, NULL, i);
    add(&lanes, "a", 6);
    assert_int_equal(take(&lanes), 0);
    assert_int_equal(take(&lanes), 6);
    for (int i = 1; i < 6; i++)
        assert_int_equal(take(&lanes), i);
    end(&lanes, 0, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_a_lane_run_in_their_order),
        cmocka_unit_test(a_lane_has_a_limit),
        cmocka_unit_test(another_lane_is_not_held_up),
        cmocka_unit_test(lanes_take_turns),
        cmocka_unit_test(without_a_lane_there_is_no_limit),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
