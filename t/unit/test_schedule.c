/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logons while somebody sets the wall's clock, in either direction: what the
 * machine decides on a clock that the test turns, and its timers on a real
 * loop.
 */
#include "unit.h"

#include "logon_world.h"

#include "agent/logon/schedule.h"

#include "common/monotonic.h"

#include <event2/event.h>
#include <string.h>
#include <time.h>

#define SECONDS(n) apr_time_from_sec(n)
#define HOUR SECONDS(3600)
#define DAY (24 * HOUR)
#define SOON apr_time_from_msec(100)

static struct event_base *loop;
static anonid_logon_t *logon;
static int alarms;

/* The wall's clock, which is set by that. */
static apr_interval_time_t set_by;

apr_time_t __wrap_apr_time_now(void);

apr_time_t __wrap_apr_time_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000 + set_by;
}

/* Whatever the step has decided: an alarm has rung, or an account was
 * configured. */
static void count(anonid_logon_t *who, const anonid_step_t *step)
{
    (void)who;
    (void)step;
    alarms++;
}

/* ---- decisions ---- */

static int begin(void **state)
{
    anonid_account_t *account =
        anonid_account_make(pool, "alice@EXAMPLE.TEST");

    (void)state;
    account->provider = ANONID_PROVIDER_KRB5;
    account->secret = "file:/secret";
    account->slot = 1;
    logon = world_begin(account);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(logon);
    return 0;
}

/* Fails the next attempts in that way. */
static void answer(anonid_failure_t code)
{
    world.answer = code;
}

static void try_secret(const char *text, anonid_failure_t code)
{
    answer(code);
    world_secret(logon, text);
    world_run_all();
}

static void no_clock_that_is_set_ends_a_lifetime_of_our_own(void **state)
{
    (void)state;
    world.life = HOUR;
    try_secret("good", ANONID_LOGON_OK);
    world_set_clock(logon, 1000 * HOUR);
    world_set_clock(logon, -2000 * HOUR);
    world_turn(logon, HOUR / 2 - SECONDS(1));
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    world_turn(logon, SECONDS(1));
    assert_int_equal(world.attempts, 2);
    answer(ANONID_NO_LOGON_SERVERS);
    world_turn(logon, HOUR + SECONDS(1));
    assert_int_equal(world.state, ANONID_STATE_FAILED);
}

/* Attempts within an hour after it was set by that much, an outage long. */
static int attempts_when_set_by(apr_interval_time_t by)
{
    int before;

    try_secret("good", ANONID_NO_LOGON_SERVERS);
    world_turn(logon, HOUR);
    before = world.attempts;
    world_set_clock(logon, by);
    world_turn(logon, HOUR);
    assert_int_equal(world.next_attempt - world_date(),
                     world.wake - world.now);
    return world.attempts - before;
}

/* 60 s, of which up to a half is taken off: 60 to 120 an hour. */
static void retries_do_not_stall_when_the_clock_is_set_back(void **state)
{
    int attempts = attempts_when_set_by(-1000 * HOUR);

    (void)state;
    assert_in_range(attempts, 59, 121);
}

static void retries_do_not_storm_when_the_clock_is_set_ahead(void **state)
{
    int attempts = attempts_when_set_by(1000 * HOUR);

    (void)state;
    assert_in_range(attempts, 59, 121);
}

static void warnings_go_on_each_hour_when_the_clock_is_set(void **state)
{
    (void)state;
    try_secret("good", ANONID_NO_LOGON_SERVERS);
    assert_int_equal(world.warnings, 1);
    world_set_clock(logon, 1000 * HOUR);
    world_turn(logon, HOUR / 2);
    assert_int_equal(world.warnings, 1);
    world_set_clock(logon, -2000 * HOUR);
    world_turn(logon, HOUR / 2 + SECONDS(1));
    assert_int_equal(world.warnings, 2);
    answer(ANONID_LOGON_OK);
    world_turn(logon, HOUR);
    assert_int_equal(world.recoveries, 1);
    assert_in_range(world.seconds, 3600, 3600 + 61);
}

static void
a_ticket_that_is_over_is_renewed_when_the_clock_is_set(void **state)
{
    (void)state;
    world.expires = world_date() + HOUR;
    try_secret("good", ANONID_LOGON_OK);
    world.expires += 24 * HOUR;
    world_set_clock(logon, 2 * HOUR);
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.attempts, 2);
}

static void
a_ticket_is_renewed_in_time_when_the_clock_is_set_back(void **state)
{
    (void)state;
    world.expires = world_date() + HOUR;
    try_secret("good", ANONID_LOGON_OK);
    world_set_clock(logon, -10 * HOUR);
    world.expires = world_date() + HOUR;
    world_turn(logon, HOUR / 2);
    assert_int_equal(world.attempts, 2);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

/* The KDC gives tickets by its own clock. */
static void tickets_of_the_past_are_a_time_skew_and_no_storm(void **state)
{
    (void)state;
    world.expires = world_date() - SECONDS(1);
    try_secret("good", ANONID_LOGON_OK);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.warned_of.code, ANONID_TIME_SKEW);
    world_turn(logon, HOUR - SECONDS(1));
    assert_in_range(world.attempts, 60, 130);
    assert_int_equal(world.warnings, 1);
    world.expires = world_date() + HOUR;
    world_turn(logon, SECONDS(61));
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

/* ---- timers ---- */

static int begin_loop(void **state)
{
    anonid_account_t *account = anonid_account_make(pool, "bob");

    (void)state;
    loop = event_base_new();
    set_by = 0;
    anonid_schedule_start(loop);
    logon = world_begin(account);
    anonid_logon_execute_by(count);
    alarms = 0;
    return loop ? 0 : -1;
}

static int end_loop(void **state)
{
    (void)state;
    anonid_schedule_wake(logon, 0);
    world_end(logon);
    anonid_schedule_stop();
    event_base_free(loop);
    return 0;
}

/* Runs the loop until an alarm has rung, for 10 s at most: how long it
 * took. */
static apr_interval_time_t until_alarm(void)
{
    apr_time_t begun = anonid_monotonic_now(), now = begun;

    while (!alarms && now - begun < apr_time_from_sec(10)) {
        struct timeval turn = { 0, 5000 };

        event_base_loopexit(loop, &turn);
        event_base_loop(loop, EVLOOP_ONCE);
        now = anonid_monotonic_now();
    }
    assert_int_equal(alarms, 1);
    return now - begun;
}

static void an_alarm_comes_when_it_was_wished_for(void **state)
{
    (void)state;
    anonid_schedule_wake(logon, anonid_monotonic_now() + SOON);
    assert_true(until_alarm() >= SOON);
}

static void it_comes_although_the_clock_is_set_back(void **state)
{
    (void)state;
    set_by = -DAY;
    anonid_schedule_wake(logon, anonid_monotonic_now() + SOON);
    set_by = -2 * DAY;
    assert_true(until_alarm() >= SOON);
}

static void it_comes_no_sooner_when_the_clock_is_set_ahead(void **state)
{
    (void)state;
    set_by = DAY;
    anonid_schedule_wake(logon, anonid_monotonic_now() + SOON);
    set_by = 2 * DAY;
    assert_true(until_alarm() >= SOON);
}

static void one_that_is_overdue_comes_at_once_and_one_of_0_never(void **state)
{
    struct timeval turn = { 0, 20000 };

    (void)state;
    anonid_schedule_wake(logon, 0);
    event_base_loopexit(loop, &turn);
    event_base_dispatch(loop);
    assert_int_equal(alarms, 0);
    anonid_schedule_wake(logon, anonid_monotonic_now() - SOON);
    (void)until_alarm();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_TIMER(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_loop, end_loop)

static const struct CMUnitTest tests[] = {
    TEST(no_clock_that_is_set_ends_a_lifetime_of_our_own),
    TEST(retries_do_not_stall_when_the_clock_is_set_back),
    TEST(retries_do_not_storm_when_the_clock_is_set_ahead),
    TEST(warnings_go_on_each_hour_when_the_clock_is_set),
    TEST(a_ticket_that_is_over_is_renewed_when_the_clock_is_set),
    TEST(a_ticket_is_renewed_in_time_when_the_clock_is_set_back),
    TEST(tickets_of_the_past_are_a_time_skew_and_no_storm),
    TEST_TIMER(an_alarm_comes_when_it_was_wished_for),
    TEST_TIMER(it_comes_although_the_clock_is_set_back),
    TEST_TIMER(it_comes_no_sooner_when_the_clock_is_set_ahead),
    TEST_TIMER(one_that_is_overdue_comes_at_once_and_one_of_0_never),
#undef TEST
#undef TEST_TIMER
};

int main(void)
{
    return cmocka_run_group_tests_name("schedule", tests, unit_setup,
                                       unit_teardown);
}
