/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Password synchronisation step by step: what is stored, what is awaited, and
 * which password is in use when a step fails.
 */
#include "unit.h"

#include "logon_world.h"

#include "agent/secret/verifier.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#define SECONDS(n) apr_time_from_sec(n)

static anonid_account_t *account;
static anonid_logon_t *logon;
static int n_told;
static anonid_outcome_t told;

static void be_told(anonid_waiter_t *waiter, const anonid_outcome_t *outcome)
{
    (void)waiter;
    n_told++;
    told = *outcome;
}

static anonid_waiter_t waiter = { NULL, be_told };

static int begin(void **state)
{
    (void)state;
    account = anonid_account_make(pool, "bob");
    account->path = "/accounts";
    account->sync = 1;
    account->slot = 1;
    logon = world_begin(account);
    n_told = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(logon);
    return 0;
}

/* 1 if the password of the last attempt fits the verifier stored last. */
static int fits(void)
{
    anonid_secret_t *secret = anonid_secret_make(
        ANONID_SECRET_PASSWORD, world.tried, strlen(world.tried));
    int verdict = anonid_verifier_check(world.verifier, secret);

    anonid_secret_drop(secret);
    return verdict == ANONID_VERIFIER_FITS;
}

/* The parent stores the verifier and passes the file. */
static void store(const char *version)
{
    world_run_all();
    world_stored(logon, 0, NULL);
    world_file(logon, version);
    world_run_all();
}

static void log_on(void)
{
    world_file(logon, "1");
    store("2");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

static void a_password_is_made_stored_and_proven(void **state)
{
    (void)state;
    world_turn(logon, SECONDS(60));
    assert_int_equal(world.stores, 0);
    world_file(logon, "1");
    world_run_all();
    assert_int_equal(world.stores, 1);
    assert_int_equal(world.attempts, 0);
    world_stored(logon, 0, NULL);
    assert_int_equal(world.attempts, 0);
    world_file(logon, "2");
    world_run_all();
    assert_int_equal(world.attempts, 1);
    assert_int_equal(strlen(world.tried), 32);
    assert_true(fits());
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

/* Another account's password is stored in the same file meanwhile. */
static void a_file_that_comes_too_early_is_not_checked(void **state)
{
    (void)state;
    log_on();
    world_rotate(logon, NULL);
    world_run_all();
    world.answer = ANONID_LOGON_FAILURE;
    world_file(logon, "3");
    world_run_all();
    assert_int_equal(world.attempts, 1);
    world.answer = ANONID_LOGON_OK;
    store("4");
    assert_int_equal(world.attempts, 2);
    assert_true(fits());
    assert_int_equal(world.warnings, 0);
}

static void rotation_changes_the_password(void **state)
{
    char before[64];
    unsigned long version;

    (void)state;
    log_on();
    strcpy(before, world.tried);
    version = world.version;
    world_rotate(logon, &waiter);
    store("3");
    assert_string_not_equal(world.tried, before);
    assert_true(fits());
    assert_true(world.version > version);
    assert_int_equal(n_told, 1);
    assert_int_equal(told.code, ANONID_LOGON_OK);
}

/* Who reads the account file needs a moment to see the change. */
static void a_password_settles(void **state)
{
    (void)state;
    log_on();
    assert_true(anonid_logon_is_settling(logon, world.now));
    world_turn(logon, SECONDS(10));
    assert_false(anonid_logon_is_settling(logon, world.now));
    world_rotate(logon, NULL);
    assert_false(anonid_logon_is_settling(logon, world.now));
    world_run_all();
    assert_true(anonid_logon_is_settling(logon, world.now));
    world_turn(logon, SECONDS(20));
    assert_true(anonid_logon_is_settling(
        logon, world.now)); /* it may be stored any moment */
    store("3");
    world_turn(logon, SECONDS(9));
    assert_true(anonid_logon_is_settling(logon, world.now));
    world_turn(logon, SECONDS(1));
    assert_false(anonid_logon_is_settling(logon, world.now));
}

static void a_failed_rotation_leaves_the_old_password(void **state)
{
    unsigned long version;

    (void)state;
    log_on();
    version = world.version;
    world_rotate(logon, &waiter);
    world_run_all();
    world_stored(logon, ENOSPC, "the disk is full");
    world_run_all();
    assert_int_equal(n_told, 1);
    assert_int_equal(told.code, ANONID_ACCESS_DENIED);
    assert_string_equal(told.detail, "the disk is full");
    assert_int_equal(world.version, version);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 0);
    world_turn(logon, SECONDS(600));
    assert_int_equal(world.stores, 2);
}

static void a_parent_that_does_not_answer_is_not_awaited_for_ever(void **s)
{
    (void)s;
    world_file(logon, "1");
    world_run_all();
    world_turn(logon, SECONDS(30));
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.warned_of.code, ANONID_ACCESS_DENIED);
    assert_int_equal(world.stores, 1);
    world_turn(logon, SECONDS(2));
    assert_int_equal(world.stores, 2);
    store("2");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

static void a_parent_that_stores_for_others_is_awaited(void **state)
{
    anonid_logon_t *other = anonid_logon_make("other");

    (void)state;
    world_file(logon, "1");
    world_run_all();
    world_turn(logon, SECONDS(20));
    world_stored(other, 0, NULL);
    world_turn(logon, SECONDS(20));
    assert_int_equal(world.warnings, 0);
    world_turn(logon, SECONDS(20));
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.stores, 1);
    anonid_logon_drop(other);
}

/* What was given up is in the file after all, and what was asked for since is
 * not, yet. */
static void a_verifier_stored_too_late_is_not_taken_for_the_next(void **state)
{
    uint32_t late;

    (void)state;
    log_on();
    world_rotate(logon, NULL);
    world_run_all();
    late = world.store;
    world_turn(logon, SECONDS(30));
    world_rotate(logon, NULL);
    world_run_all();
    assert_int_equal(world.stores, 3);
    world.answer = ANONID_LOGON_FAILURE;
    world_stored_of(logon, late, 0, NULL);
    world_file(logon, "3");
    world_run_all();
    assert_int_equal(world.warnings, 0);
    world.answer = ANONID_LOGON_OK;
    store("4");
    assert_int_equal(world.stores, 3);
    assert_true(fits());
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 0);
}

static void a_failure_that_is_told_too_late_is_none_of_the_next(void **state)
{
    uint32_t late;

    (void)state;
    log_on();
    world_rotate(logon, NULL);
    world_run_all();
    late = world.store;
    world_turn(logon, SECONDS(30));
    world_rotate(logon, &waiter);
    world_run_all();
    world_stored_of(logon, late, ENOSPC, "the disk is full");
    assert_int_equal(n_told, 0);
    store("3");
    assert_int_equal(n_told, 1);
    assert_int_equal(told.code, ANONID_LOGON_OK);
    assert_true(fits());
    assert_int_equal(world.warnings, 0);
}

/* Nothing else is under way: no password fits any more. */
static void a_verifier_stored_too_late_is_replaced(void **state)
{
    (void)state;
    log_on();
    world_rotate(logon, NULL);
    world_run_all();
    world_turn(logon, SECONDS(30));
    assert_int_equal(world.stores, 2);
    world_stored(logon, 0, NULL);
    world_run_all();
    assert_int_equal(world.stores, 3);
    store("3");
    assert_true(fits());
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.warnings, 0);
}

static void a_file_that_is_not_passed_in_time_means_another_password(void **s)
{
    (void)s;
    log_on();
    world_rotate(logon, NULL);
    world_run_all();
    world_stored(logon, 0, NULL);
    world.answer = ANONID_LOGON_FAILURE;
    world_turn(logon, SECONDS(30));
    world_turn(logon, SECONDS(30));
    world_run_all();
    assert_int_equal(world.stores, 3);
    world.answer = ANONID_LOGON_OK;
    store("4");
    assert_true(fits());
    assert_int_equal(world.warnings, 0);
}

static void a_missing_line_is_not_stored_again_until_the_file_changes(void **s)
{
    (void)s;
    world_file(logon, "1");
    world_run_all();
    world_stored(logon, ENOENT, NULL);
    assert_int_equal(world.warned_of.code, ANONID_LOGON_FAILURE);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    world_turn(logon, SECONDS(1800));
    assert_int_equal(world.stores, 1);
    world_file(logon, "2");
    store("3");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.recoveries, 1);
}

static void a_line_changed_by_others_fails_and_rotation_repairs_it(void **s)
{
    (void)s;
    log_on();
    world.answer = ANONID_LOGON_FAILURE;
    world_file(logon, "3");
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    world_turn(logon, SECONDS(1800));
    assert_int_equal(world.stores, 1);
    world.answer = ANONID_LOGON_OK;
    world_rotate(logon, &waiter);
    store("4");
    assert_int_equal(n_told, 1);
    assert_int_equal(told.code, ANONID_LOGON_OK);
    assert_int_equal(world.recoveries, 1);
}

static void a_restored_file_needs_no_rotation(void **state)
{
    (void)state;
    log_on();
    world.answer = ANONID_LOGON_FAILURE;
    world_file(logon, "3");
    world_run_all();
    world.answer = ANONID_LOGON_OK;
    world_file(logon, "4");
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_int_equal(world.stores, 1);
}

static void a_rotation_waits_for_the_attempt_that_runs(void **state)
{
    (void)state;
    log_on();
    world_file(logon, "3");
    world_rotate(logon, &waiter);
    assert_int_equal(world.stores, 1);
    store("4");
    assert_int_equal(world.stores, 2);
    assert_int_equal(n_told, 1);
}

static void an_account_that_goes_meanwhile_is_let_go(void **state)
{
    world_file(logon, "1");
    end(state);
    assert_int_equal(world.stores, 0);
    begin(state);
}

static void another_scheme_means_another_password(void **state)
{
    anonid_account_t *changed = apr_pmemdup(pool, account, sizeof(*account));

    (void)state;
    log_on();
    changed->scheme = ANONID_SCHEME_SHA512;
    world_configure(logon, changed);
    store("3");
    assert_int_equal(world.stores, 2);
    assert_memory_equal(world.verifier, "$6$", 3);
    assert_true(fits());
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(a_password_is_made_stored_and_proven),
    TEST(a_file_that_comes_too_early_is_not_checked),
    TEST(rotation_changes_the_password),
    TEST(a_password_settles),
    TEST(a_failed_rotation_leaves_the_old_password),
    TEST(a_parent_that_does_not_answer_is_not_awaited_for_ever),
    TEST(a_parent_that_stores_for_others_is_awaited),
    TEST(a_verifier_stored_too_late_is_not_taken_for_the_next),
    TEST(a_failure_that_is_told_too_late_is_none_of_the_next),
    TEST(a_verifier_stored_too_late_is_replaced),
    TEST(a_file_that_is_not_passed_in_time_means_another_password),
    TEST(a_missing_line_is_not_stored_again_until_the_file_changes),
    TEST(a_line_changed_by_others_fails_and_rotation_repairs_it),
    TEST(a_restored_file_needs_no_rotation),
    TEST(a_rotation_waits_for_the_attempt_that_runs),
    TEST(an_account_that_goes_meanwhile_is_let_go),
    TEST(another_scheme_means_another_password),
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("sync", tests, unit_setup,
                                       unit_teardown);
}
