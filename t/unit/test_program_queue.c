/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When programs are run again, on a clock of the test's own; what they may do
 * wrong is t/secret-exec.t's.
 */
#include "unit.h"

#include <apr_time.h>
#include <errno.h>
#include <string.h>

#include "module/supervisor/program_queue.h"

#define SECONDS(n) apr_time_from_sec(n)

static anonid_program_queue_t *queue;
static anonid_program_report_t report;
static apr_time_t now;
static char printed[64];

static int setup(void **state)
{
    (void)state;
    now = apr_time_now();
    queue = anonid_program_queue_make(pool);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    anonid_program_queue_close(queue);
    assert_false(anonid_program_queue_runs(queue));
    return 0;
}

/* Waits for the end of a run and returns its owner. */
static void *next_end(void)
{
    apr_time_t deadline = apr_time_now() + SECONDS(10);
    void *owner;
    int fd;

    for (;;) {
        owner = anonid_program_queue_next(queue, now, &report, &fd);
        if (owner)
            break;
        assert_true(apr_time_now() < deadline);
        apr_sleep(apr_time_from_msec(1));
    }
    memset(printed, 0, sizeof(printed));
    if (fd >= 0) {
        assert_true(read(fd, printed, sizeof(printed) - 1) > 0);
        assert_int_equal(write(fd, "x", 1), -1); /* it is sealed */
        close(fd);
    }
    return owner;
}

static void run(anonid_queued_t *program, void *owner)
{
    anonid_program_queue_want(program);
    anonid_program_queue_start(queue, now);
    assert_ptr_equal(next_end(), owner);
}

static void assert_due_after(const anonid_queued_t *program, int seconds)
{
    assert_false(
        anonid_program_queue_due(program, now + SECONDS(seconds) - 1));
    assert_true(anonid_program_queue_due(program, now + SECONDS(seconds)));
}

static void a_good_program_is_run_every_five_minutes(void **state)
{
    int owner;
    anonid_queued_t *program = anonid_program_queue_add(
        queue, "/bin/sh -c 'echo $ANONID_ACCOUNT'", "visitor", &owner);

    (void)state;
    assert_true(anonid_program_queue_due(program, now));
    run(program, &owner);
    assert_int_equal(report.end, ANONID_PROGRAM_PRINTED);
    assert_string_equal(printed, "visitor\n");
    assert_due_after(program, 300);
}

static void one_that_fails_is_run_sooner(void **state)
{
    static const int pauses[] = { 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
    anonid_queued_t *program =
        anonid_program_queue_add(queue, "/bin/false", "visitor", &report);

    (void)state;
    for (size_t i = 0; i < COUNT(pauses); i++) {
        run(program, &report);
        assert_int_equal(report.end, ANONID_PROGRAM_EXITED);
        assert_int_equal(report.value, 1);
        assert_due_after(program, pauses[i]);
        now += SECONDS(pauses[i]);
    }
}

static void one_that_runs_is_not_run_twice(void **state)
{
    anonid_queued_t *program = anonid_program_queue_add(
        queue, "/bin/sh -c 'sleep 0.2; echo x'", "visitor", &report);

    (void)state;
    anonid_program_queue_want(program);
    anonid_program_queue_start(queue, now);
    assert_false(anonid_program_queue_due(program, now + SECONDS(1000)));
    run(program, &report);
    assert_int_equal(report.end, ANONID_PROGRAM_PRINTED);
    anonid_program_queue_start(queue, now);
    assert_due_after(program, 300);
}

static void few_run_at_once(void **state)
{
    int owners[12], ended = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(owners); i++)
        anonid_program_queue_want(anonid_program_queue_add(
            queue, "/bin/sh -c 'sleep 0.1; echo x'", "visitor", &owners[i]));
    anonid_program_queue_start(queue, now);
    while (ended < 8 && next_end())
        ended++;
    assert_null(anonid_program_queue_next(queue, now, &report, &ended));
    anonid_program_queue_start(queue, now);
    for (size_t i = 8; i < COUNT(owners); i++)
        assert_non_null(next_end());
}

static void the_end_waits_for_nobody(void **state)
{
    anonid_queued_t *program =
        anonid_program_queue_add(queue, "/bin/sleep 60", "visitor", &report);
    apr_time_t began = apr_time_now();

    (void)state;
    anonid_program_queue_want(program);
    anonid_program_queue_start(queue, now);
    anonid_program_queue_close(queue);
    assert_true(apr_time_now() - began < SECONDS(5));
    anonid_program_queue_want(program);
    anonid_program_queue_start(queue, now);
    assert_false(anonid_program_queue_runs(queue));
}

/* It would run for a minute; the time of the test's clock goes faster. */
static void one_that_takes_too_long_is_ended(void **state)
{
    anonid_queued_t *program =
        anonid_program_queue_add(queue, "/bin/sleep 60", "visitor", &report);
    int fd;

    (void)state;
    anonid_program_queue_want(program);
    anonid_program_queue_start(queue, now);
    assert_null(anonid_program_queue_next(queue, now, &report, &fd));
    now += ANONID_PROGRAM_TIMEOUT + 1;
    assert_ptr_equal(next_end(), &report);
    assert_int_equal(report.end, ANONID_PROGRAM_OVERDUE);
}

static void one_that_is_not_there_has_failed(void **state)
{
    anonid_queued_t *program =
        anonid_program_queue_add(queue, "/nonexistent", "visitor", &report);

    (void)state;
    run(program, &report);
    assert_int_equal(report.end, ANONID_PROGRAM_FAILED);
    assert_int_equal(report.value, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_program_is_run_every_five_minutes),
        TEST(one_that_fails_is_run_sooner),
        TEST(one_that_runs_is_not_run_twice),
        TEST(few_run_at_once),
        TEST(the_end_waits_for_nobody),
        TEST(one_that_takes_too_long_is_ended),
        TEST(one_that_is_not_there_has_failed),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
