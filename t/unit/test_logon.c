/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a logon (section 7 of the design), on a clock that the test
 * turns: attempts per credential version, delays, what a new secret replaces,
 * when warnings are due, renewal.
 */
#include "unit.h"

#include "logon_world.h"

#include "common/warning.h"

#include "agent/base/backoff.h"
#include "agent/logon/logon.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#define SECONDS(n) apr_time_from_sec(n)
#define HOUR SECONDS(3600)

static anonid_account_t *account;
static anonid_logon_t *logon;

static int begin(void **state)
{
    (void)state;
    account = anonid_account_make(pool, "alice@EXAMPLE.TEST");
    account->provider = ANONID_PROVIDER_KRB5;
    account->secret = "file:/secret";
    account->slot = 1;
    logon = world_begin(account);
    return 0;
}

/* The same, of an account file. */
static int begin_file(void **state)
{
    (void)state;
    account = anonid_account_make(pool, "alice");
    account->path = "/accounts";
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

/* ---- attempts ---- */

static void a_good_secret_logs_on(void **state)
{
    (void)state;
    assert_int_equal(world.attempts, 0);
    try_secret("good", ANONID_LOGON_OK);
    assert_string_equal(world.tried, "good");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_not_equal(world.version, 0);
    assert_int_equal(world.warnings + world.recoveries, 0);
    assert_int_equal(world.wake, 0);
}

static void nothing_is_published_before_an_attempt_has_ended(void **state)
{
    (void)state;
    world.state = ANONID_STATE_LOGGED_ON; /* an earlier agent's */
    world_secret(logon, "secret");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    answer(ANONID_LOGON_FAILURE);
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_FAILED);
}

static void a_permanent_failure_is_not_tried_again(void **state)
{
    (void)state;
    try_secret("bad", ANONID_LOGON_FAILURE);
    world_turn(logon, 100 * HOUR);
    world_configure(logon, account);
    world_turn(logon, HOUR);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.next_attempt, 0);
}

static anonid_account_t *copy_of(const anonid_account_t *from)
{
    return apr_pmemdup(pool, from, sizeof(*from));
}

static void a_new_secret_or_a_changed_account_is_tried_once(void **state)
{
    anonid_account_t *changed = copy_of(account), *again;

    (void)state;
    try_secret("bad", ANONID_LOGON_FAILURE);
    try_secret("bad too", ANONID_LOGON_FAILURE);
    assert_int_equal(world.attempts, 2);
    changed->principal = "somebody@EXAMPLE.TEST";
    world_configure(logon, changed);
    world_turn(logon, HOUR);
    assert_int_equal(world.attempts, 3);
    assert_string_equal(world.tried, "bad too");
    again = copy_of(changed);
    again->secret = "file:/another";
    world_configure(logon, again);
    assert_int_equal(world.wake, 0);
    world_turn(logon, HOUR);
    assert_int_equal(world.attempts, 3);
    world_secret(logon, "third");
    world_run_all();
    assert_int_equal(world.attempts, 4);
}

static void a_transient_failure_is_tried_with_growing_delays(void **state)
{
    static const int delays[] = { 1, 1, 2, 4, 8, 16, 30, 30, 30 };

    (void)state;
    try_secret("good", ANONID_NO_LOGON_SERVERS);
    for (size_t i = 0; i < COUNT(delays); i++) {
        assert_int_equal(world.attempts, i + 1);
        assert_int_equal(world.next_attempt - world_date(),
                         SECONDS(delays[i]));
        world_turn(logon, SECONDS(delays[i]));
    }
    answer(ANONID_LOGON_OK);
    world_turn(logon, SECONDS(60));
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.failures, COUNT(delays) + 1);
    world_turn(logon, 10 * HOUR);
    assert_int_equal(world.attempts, COUNT(delays) + 2);
}

static void delays_stay_within_their_bounds(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 100; n++) {
        for (uint32_t random = 0; random < 4000000000u; random += 99999989) {
            apr_interval_time_t delay = anonid_backoff_delay(n, 0, random);

            assert_in_range(delay, SECONDS(1), SECONDS(60));
        }
    }
    assert_int_equal(anonid_backoff_delay(1, SECONDS(60), 5), SECONDS(60));
}

static void a_locked_account_is_left_alone_for_a_minute(void **state)
{
    (void)state;
    try_secret("good", ANONID_ACCOUNT_LOCKED_OUT);
    assert_int_equal(world.next_attempt - world_date(), SECONDS(60));
    world_turn(logon, SECONDS(59));
    assert_int_equal(world.attempts, 1);
    world_turn(logon, SECONDS(1));
    assert_int_equal(world.attempts, 2);
}

static void secrets_that_come_during_an_attempt_are_tried_after_it(void **s)
{
    (void)s;
    world_secret(logon, "first");
    world_secret(logon, "second");
    world_secret(logon, "third");
    assert_int_equal(world_run(), 1);
    assert_string_equal(world.tried, "first");
    assert_int_equal(world_run(), 1);
    assert_string_equal(world.tried, "third");
    assert_int_equal(world_run(), 0);
}

/* ---- a new secret beside one that works ---- */

static void a_bad_new_secret_leaves_the_old_one_in_use(void **state)
{
    unsigned long version;
    anonid_proof_t proof;

    (void)state;
    try_secret("old", ANONID_LOGON_OK);
    version = world.version;
    try_secret("new", ANONID_LOGON_FAILURE);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.kept, 1);
    assert_int_equal(world.version, version);
    assert_int_equal(anonid_logon_proof(logon, &proof), 1);
    assert_string_equal(anonid_secret_data(proof.secret), "old");
    anonid_proof_release(&proof);
    try_secret("newer", ANONID_LOGON_OK);
    assert_int_equal(world.recoveries, 1);
    assert_true(world.version > version);
}

static void the_old_secret_stays_while_the_new_one_cannot_be_read(void **s)
{
    (void)s;
    try_secret("old", ANONID_LOGON_OK);
    world_no_secret(logon, "no permission");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.kept, 1);
    world_turn(logon, SECONDS(600));
    assert_int_equal(world.attempts, 1);
    try_secret("old", ANONID_LOGON_OK);
    assert_int_equal(world.recoveries, 1);
}

static void a_secret_that_could_not_be_read_is_asked_for_again(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        logon->source.retry = 1;
        world_no_secret(logon, "did not arrive in time");
        assert_int_equal(world.looks, i - 1);
        world_turn(logon, SECONDS(5));
        assert_int_equal(world.looks, i);
    }
    assert_int_equal(world.warnings, 1);
    try_secret("good", ANONID_LOGON_OK);
    assert_int_equal(world.failures, 3);
}

/* ---- account files ---- */

static void a_file_account_waits_for_secret_and_file(void **state)
{
    (void)state;
    world_secret(logon, "good");
    world_turn(logon, HOUR);
    assert_int_equal(world.attempts, 0);
    world_file(logon, "1");
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

static void a_changed_file_is_checked_at_once(void **state)
{
    (void)state;
    world_file(logon, "1");
    try_secret("good", ANONID_LOGON_OK);
    answer(ANONID_LOGON_FAILURE);
    world_file(logon, "1");
    world_run_all();
    assert_int_equal(world.attempts, 1);
    world_file(logon, "2");
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.version, 0);
    assert_int_equal(world.kept, 0);
    answer(ANONID_LOGON_OK);
    world_file(logon, "3");
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.recoveries, 1);
}

/* The newest secret cannot be read; what is in use is checked all the same. */
static void a_changed_file_is_checked_without_a_new_secret(void **state)
{
    (void)state;
    world_file(logon, "1");
    try_secret("old", ANONID_LOGON_OK);
    world_no_secret(logon, "no permission");
    world.answer = ANONID_LOGON_FAILURE;
    world_file(logon, "2");
    world_run_all();
    assert_int_equal(world.attempts, 2);
    assert_int_equal(world.looks, 0);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.warned_of.code, ANONID_ACCESS_DENIED);
    assert_int_equal(world.kept, 0);
}

static void a_file_that_is_gone_ends_the_logon(void **state)
{
    (void)state;
    world_file(logon, "1");
    try_secret("good", ANONID_LOGON_OK);
    world_no_file(logon, EACCES);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warned_of.code, ANONID_ACCESS_DENIED);
    world_no_file(logon, ENOENT);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.warnings, 2);
    assert_int_equal(world.attempts, 1);
}

/* With a new secret that failed, a changed file is checked for both. */
static void a_changed_file_is_checked_for_the_kept_secret_too(void **state)
{
    (void)state;
    world_file(logon, "1");
    try_secret("old", ANONID_LOGON_OK);
    try_secret("new", ANONID_LOGON_FAILURE);
    world_file(logon, "2");
    assert_int_equal(world_run(), 1);
    assert_string_equal(world.tried, "new");
    assert_int_equal(world_run(), 1);
    assert_string_equal(world.tried, "old");
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.version, 0);
}

/* ---- warnings ---- */

static void a_warning_comes_once_and_every_hour(void **state)
{
    (void)state;
    try_secret("good", ANONID_NO_LOGON_SERVERS);
    assert_int_equal(world.warnings, 1);
    world_turn(logon, HOUR - SECONDS(1));
    assert_int_equal(world.warnings, 1);
    world_turn(logon, SECONDS(61));
    assert_int_equal(world.warnings, 2);
    world_turn(logon, 10 * HOUR);
    assert_int_equal(world.warnings, 12);
}

static void a_permanent_failure_is_repeated_every_hour(void **state)
{
    (void)state;
    try_secret("bad", ANONID_LOGON_FAILURE);
    world_turn(logon, 3 * HOUR);
    assert_int_equal(world.warnings, 4);
    assert_int_equal(world.attempts, 1);
}

static void a_change_is_warned_of_at_once(void **state)
{
    (void)state;
    try_secret("good", ANONID_NO_LOGON_SERVERS);
    answer(ANONID_TIME_SKEW);
    world_turn(logon, SECONDS(2));
    assert_int_equal(world.warnings, 2);
    assert_int_equal(world.warned_of.code, ANONID_TIME_SKEW);
    try_secret("bad", ANONID_LOGON_FAILURE);
    assert_int_equal(world.warnings, 3);
    try_secret("bad as well", ANONID_LOGON_FAILURE);
    assert_int_equal(world.warnings, 4);
}

static void recovery_names_count_and_time(void **state)
{
    (void)state;
    try_secret("good", ANONID_NO_LOGON_SERVERS);
    world_turn(logon, SECONDS(2));
    answer(ANONID_LOGON_OK);
    world_turn(logon, SECONDS(8));
    assert_int_equal(world.recoveries, 1);
    assert_int_equal(world.failures, 3);
    assert_int_equal(world.seconds, 4);
    world_turn(logon, 5 * HOUR);
    assert_int_equal(world.warnings, 1);
}

static int begin_after_a_failure(void **state)
{
    world.inherited = ANONID_STATE_FAILED;
    return begin(state);
}

static void recovery_is_noticed_across_agents(void **state)
{
    (void)state;
    try_secret("good", ANONID_LOGON_OK);
    assert_int_equal(world.recoveries, 1);
    assert_int_equal(world.seconds, 60);
}

/* ---- time ---- */

static void a_logon_is_renewed_at_half_its_life(void **state)
{
    (void)state;
    world.expires = world_date() + HOUR;
    try_secret("good", ANONID_LOGON_OK);
    world_turn(logon, HOUR / 2 - SECONDS(1));
    assert_int_equal(world.attempts, 1);
    world.expires = world_date() + HOUR;
    world_turn(logon, SECONDS(1));
    assert_int_equal(world.attempts, 2);
    assert_int_equal(world.version_changes, 1);
}

static void a_logon_serves_through_an_outage_until_it_expires(void **state)
{
    (void)state;
    world.expires = world_date() + HOUR;
    try_secret("good", ANONID_LOGON_OK);
    answer(ANONID_NO_LOGON_SERVERS);
    world_turn(logon, HOUR - SECONDS(1));
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.kept, ANONID_KEPT_LOGON);
    world_turn(logon, SECONDS(60));
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.warnings, 2);
    assert_int_equal(world.kept, 0);
}

static void a_logon_ends_in_time_although_its_renewal_hangs(void **state)
{
    (void)state;
    world.expires = world_date() + HOUR;
    try_secret("good", ANONID_LOGON_OK);
    world.expires = world_date() + 2 * HOUR;
    world.now += HOUR;
    world_alarm(logon);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.warned_of.code, ANONID_NO_LOGON_SERVERS);
    assert_int_equal(world.kept, ANONID_KEPT_NOTHING);
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.recoveries, 1);
    assert_int_equal(world.failures, 1);
}

/* ---- demands ---- */

static int n_told;
static anonid_failure_t told;

static void be_told(anonid_waiter_t *waiter, const anonid_outcome_t *outcome)
{
    (void)waiter;
    n_told++;
    told = outcome->code;
}

static void a_demand_looks_first_and_tries_once(void **state)
{
    anonid_waiter_t waiter = { NULL, be_told };

    (void)state;
    n_told = 0;
    try_secret("bad", ANONID_LOGON_FAILURE);
    world_demand(logon, &waiter);
    world_run_all();
    assert_int_equal(world.looks, 1);
    assert_int_equal(world.attempts, 1);
    world_same_secret(logon);
    world_run_all();
    assert_int_equal(world.attempts, 2);
    assert_int_equal(n_told, 1);
    assert_int_equal(told, ANONID_LOGON_FAILURE);
    world_turn(logon, SECONDS(60));
    assert_int_equal(world.attempts, 2);
}

static void a_demand_does_not_wait_for_ever(void **state)
{
    anonid_waiter_t waiter = { NULL, be_told };

    (void)state;
    n_told = 0;
    try_secret("good", ANONID_LOGON_OK);
    world_demand(logon, &waiter);
    world_turn(logon, SECONDS(5));
    assert_int_equal(world.attempts, 2);
    assert_int_equal(n_told, 1);
    assert_int_equal(told, ANONID_LOGON_OK);
}

/* The request has held the logon until now. */
static void who_asks_after_the_account_is_told_so(void **state)
{
    anonid_waiter_t waiter = { NULL, be_told };

    n_told = 0;
    anonid_logon_hold(logon);
    end(state);
    world_rotate(logon, &waiter);
    assert_int_equal(n_told, 1);
    world_demand(logon, &waiter);
    assert_int_equal(n_told, 2);
    assert_int_equal(told, ANONID_ACCESS_DENIED);
    anonid_logon_drop(logon);
    begin(state);
}

static void who_waits_is_told_when_the_account_goes(void **state)
{
    anonid_waiter_t waiter = { NULL, be_told };

    n_told = 0;
    world_demand(logon, &waiter);
    end(state);
    assert_int_equal(n_told, 1);
    assert_int_equal(told, ANONID_ACCESS_DENIED);
    begin(state);
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, begin_file, end)
    TEST(a_good_secret_logs_on),
    TEST(nothing_is_published_before_an_attempt_has_ended),
    TEST(a_permanent_failure_is_not_tried_again),
    TEST(a_new_secret_or_a_changed_account_is_tried_once),
    TEST(a_transient_failure_is_tried_with_growing_delays),
    cmocka_unit_test(delays_stay_within_their_bounds),
    TEST(a_locked_account_is_left_alone_for_a_minute),
    TEST(secrets_that_come_during_an_attempt_are_tried_after_it),
    TEST(a_bad_new_secret_leaves_the_old_one_in_use),
    TEST(the_old_secret_stays_while_the_new_one_cannot_be_read),
    TEST(a_secret_that_could_not_be_read_is_asked_for_again),
    FILE_TEST(a_file_account_waits_for_secret_and_file),
    FILE_TEST(a_changed_file_is_checked_at_once),
    FILE_TEST(a_changed_file_is_checked_without_a_new_secret),
    FILE_TEST(a_file_that_is_gone_ends_the_logon),
    FILE_TEST(a_changed_file_is_checked_for_the_kept_secret_too),
    TEST(a_warning_comes_once_and_every_hour),
    TEST(a_permanent_failure_is_repeated_every_hour),
    TEST(a_change_is_warned_of_at_once),
    TEST(recovery_names_count_and_time),
    cmocka_unit_test_setup_teardown(recovery_is_noticed_across_agents,
                                    begin_after_a_failure, end),
    TEST(a_logon_is_renewed_at_half_its_life),
    TEST(a_logon_serves_through_an_outage_until_it_expires),
    TEST(a_logon_ends_in_time_although_its_renewal_hangs),
    TEST(a_demand_looks_first_and_tries_once),
    TEST(a_demand_does_not_wait_for_ever),
    TEST(who_waits_is_told_when_the_account_goes),
    TEST(who_asks_after_the_account_is_told_so),
#undef TEST
#undef FILE_TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("logon", tests, unit_setup,
                                       unit_teardown);
}
