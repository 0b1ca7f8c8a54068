/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues: whose turn it is, and how many of one queue run at once.
 */
#include "unit.h"

#include "agent/base/job_queue.h"

#define MOST 2

static anonid_job_t jobs[8];

/* The number of the job that is taken; -1: none may run. */
static int take(anonid_job_queues_t *queues)
{
    const anonid_job_t *job = anonid_job_queues_take(queues);

    return job ? (int)(job - jobs) : -1;
}

static void add(anonid_job_queues_t *queues, const char *queue, int job)
{
    assert_true(anonid_job_queues_add(queues, queue, &jobs[job]));
}

/* All that was taken ends, and nothing is left. */
static void end(anonid_job_queues_t *queues, int first, int last)
{
    for (int i = first; i <= last; i++)
        anonid_job_queues_ended(queues, &jobs[i]);
    assert_null(queues->first);
    assert_null(queues->last);
}

static void jobs_of_a_queue_run_in_their_order(void **state)
{
    anonid_job_queues_t queues = { NULL, NULL, MOST };

    (void)state;
    add(&queues, "a", 0);
    add(&queues, "a", 1);
    assert_int_equal(take(&queues), 0);
    assert_int_equal(take(&queues), 1);
    end(&queues, 0, 1);
}

static void a_queue_has_a_limit(void **state)
{
    anonid_job_queues_t queues = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 4; i++)
        add(&queues, "a", i);
    assert_int_equal(take(&queues), 0);
    assert_int_equal(take(&queues), 1);
    assert_int_equal(take(&queues), -1);
    anonid_job_queues_ended(&queues, &jobs[1]);
    assert_int_equal(take(&queues), 2);
    assert_int_equal(take(&queues), -1);
    anonid_job_queues_ended(&queues, &jobs[0]);
    assert_int_equal(take(&queues), 3);
    end(&queues, 2, 3);
}

static void another_queue_is_not_held_up(void **state)
{
    anonid_job_queues_t queues = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&queues, "a", i);
    add(&queues, "b", 3);
    assert_int_equal(take(&queues), 0);
    assert_int_equal(take(&queues), 3);
    assert_int_equal(take(&queues), 1);
    assert_int_equal(take(&queues), -1);
    anonid_job_queues_ended(&queues, &jobs[3]);
    assert_int_equal(take(&queues), -1);
    anonid_job_queues_ended(&queues, &jobs[0]);
    assert_int_equal(take(&queues), 2);
    end(&queues, 1, 2);
}

static void queues_take_turns(void **state)
{
    anonid_job_queues_t queues = { NULL, NULL, MOST };

    (void)state;
    add(&queues, "a", 0);
    add(&queues, "a", 1);
    add(&queues, "b", 2);
    add(&queues, "b", 3);
    assert_int_equal(take(&queues), 0);
    assert_int_equal(take(&queues), 2);
    assert_int_equal(take(&queues), 1);
    assert_int_equal(take(&queues), 3);
    end(&queues, 0, 3);
}

static void without_a_queue_there_is_no_limit(void **state)
{
    anonid_job_queues_t queues = { NULL, NULL, MOST };

    (void)state;
    for (int i = 0; i < 6; i++)
        add(&queues, NULL, i);
    add(&queues, "a", 6);
    assert_int_equal(take(&queues), 0);
    assert_int_equal(take(&queues), 6);
    for (int i = 1; i < 6; i++)
        assert_int_equal(take(&queues), i);
    end(&queues, 0, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_a_queue_run_in_their_order),
        cmocka_unit_test(a_queue_has_a_limit),
        cmocka_unit_test(another_queue_is_not_held_up),
        cmocka_unit_test(queues_take_turns),
        cmocka_unit_test(without_a_queue_there_is_no_limit),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
