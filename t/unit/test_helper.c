/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts that need another account to log on: when they wait for it, what
 * they get of it, and what it learns of them.
 */
#include "unit.h"

#include "logon_world.h"

#include "agent/logon/failed_store.h"
#include "agent/logon/jobs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static anonid_logon_t *logon; /* needs the other one */
static anonid_logon_t *other;

static anonid_account_t *make_account(const char *name)
{
    anonid_account_t *account = anonid_account_make(pool, name);

    account->provider = ANONID_PROVIDER_LDAP;
    account->secret = "file:/secret";
    account->slot = 1;
    return account;
}

static int begin(void **state)
{
    anonid_account_t *account = make_account("found");

    (void)state;
    APR_ARRAY_PUSH(account->options, const char *) = "search-as=reader";
    logon = world_begin(account);
    other = anonid_logon_make("reader");
    world_configure(other, make_account("reader"));
    world.other = other;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(other);
    world_end(logon);
    return 0;
}

static void try_other(const char *secret, anonid_failure_t code)
{
    world.answer = code;
    world_secret(other, secret);
    world_run_all();
}

/* What the registry does when the other one has changed. */
static void tell_of_other(void)
{
    world.wake = 0;
    world_helper_changed(logon, "reader");
    if (world.wake)
        world_alarm(logon);
    world_run_all();
}

static void it_waits_until_the_other_has_logged_on(void **state)
{
    (void)state;
    world_secret(logon, "mine");
    world_run_all();
    assert_int_equal(world.attempts, 0);
    try_other("its", ANONID_LOGON_OK);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.changes, 1);
    tell_of_other();
    assert_int_equal(world.attempts, 2);
    assert_string_equal(world.tried, "mine");
    assert_int_equal(anonid_logon_state(logon), ANONID_STATE_LOGGED_ON);
}

static void it_waits_no_longer_than_until_the_other_has_failed(void **state)
{
    (void)state;
    world_secret(logon, "mine");
    try_other("its", ANONID_LOGON_FAILURE);
    assert_int_equal(world.changes, 1);
    tell_of_other();
    assert_int_equal(world.attempts, 2);
}

static void somebody_else_is_none_of_its_business(void **state)
{
    (void)state;
    world_secret(logon, "mine");
    world.wake = 0;
    world_helper_changed(logon, "read");
    assert_int_equal(world.wake, 0);
}

static void what_failed_for_want_of_the_other_is_tried_at_once(void **state)
{
    (void)state;
    world_secret(logon, "mine");
    try_other("its", ANONID_LOGON_FAILURE);
    world.answer = ANONID_ACCESS_DENIED;
    tell_of_other();
    assert_int_equal(anonid_logon_state(logon), ANONID_STATE_FAILED);
    assert_true(anonid_logon_next_attempt(logon) > world.now);
    try_other("right", ANONID_LOGON_OK);
    tell_of_other();
    assert_int_equal(anonid_logon_state(logon), ANONID_STATE_LOGGED_ON);
}

static void a_locked_account_is_not_hurried_by_the_other(void **state)
{
    (void)state;
    world_secret(logon, "mine");
    try_other("its", ANONID_LOGON_FAILURE);
    world.answer = ANONID_ACCOUNT_LOCKED_OUT;
    tell_of_other();
    try_other("right", ANONID_LOGON_OK);
    world.attempts = 0;
    tell_of_other();
    assert_int_equal(world.attempts, 0);
}

static void the_proof_is_lent_and_given_back(void **state)
{
    anonid_helper_t helper;
    anonid_loan_t loan;

    (void)state;
    memset(&helper, 0, sizeof(helper));
    memset(&loan, 0, sizeof(loan));
    try_other("its", ANONID_LOGON_OK);
    anonid_loan_take(&loan, other, &helper);
    assert_string_equal(anonid_secret_data(helper.secret), "its");
    anonid_loan_give_back(&loan, &helper);
    assert_null(loan.lender);
    assert_int_equal(anonid_logon_state(other), ANONID_STATE_LOGGED_ON);
}

/* A loan of what is proven now, which is refused after `between`. */
static void refuse_loan(void (*between)(void))
{
    anonid_helper_t helper;
    anonid_loan_t loan;

    memset(&helper, 0, sizeof(helper));
    memset(&loan, 0, sizeof(loan));
    world_join();
    anonid_loan_take(&loan, other, &helper);
    if (between)
        between();
    anonid_outcome_set(&helper.outcome, ANONID_LOGON_FAILURE, "refused");
    anonid_loan_give_back(&loan, &helper);
    world_run_all();
}

static void a_refusal_ends_the_logon_without_another_attempt(void **state)
{
    (void)state;
    try_other("its", ANONID_LOGON_OK);
    refuse_loan(NULL);
    assert_int_equal(anonid_logon_state(other), ANONID_STATE_FAILED);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.warnings, 1);
}

static void prove_newer(void)
{
    try_other("newer", ANONID_LOGON_OK);
}

static void a_refusal_of_an_older_secret_says_nothing(void **state)
{
    (void)state;
    try_other("its", ANONID_LOGON_OK);
    refuse_loan(prove_newer);
    assert_int_equal(anonid_logon_state(other), ANONID_STATE_LOGGED_ON);
}

/* By the attempt that has borrowed it, if it would count, and before the
 * lender hears of it. */
static void a_refusal_is_recorded_of_the_lender(void **state)
{
    static const struct {
        anonid_failure_t code;
        int recorded;
    } refusals[] = { { ANONID_NO_LOGON_SERVERS, 0 },
                     { ANONID_LOGON_FAILURE, 1 } };
    char folder[] = "/tmp/helper-XXXXXX";
    anonid_failed_t failed;

    (void)state;
    assert_non_null(mkdtemp(folder));
    anonid_failed_store_open(open(folder, O_RDONLY | O_DIRECTORY));
    strcpy(other->source.version, "v1");
    try_other("its", ANONID_LOGON_OK);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        anonid_helper_t helper = { 0 };
        anonid_loan_t loan = { 0 };

        anonid_loan_take(&loan, other, &helper);
        anonid_outcome_set(&helper.outcome, refusals[i].code, "refused");
        anonid_loan_record(&loan, &helper);
        assert_int_equal(loan.recorded, refusals[i].recorded);
        anonid_failed_store_read(other->account);
        assert_int_equal(
            anonid_failed_store_recall(other->account, "v1", &failed),
            refusals[i].recorded);
        helper.outcome.code = ANONID_LOGON_OK;
        anonid_loan_give_back(&loan, &helper);
    }
    anonid_failed_store_forget(other->account);
    anonid_failed_store_open(-1);
    assert_int_equal(rmdir(folder), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_waits_until_the_other_has_logged_on),
        TEST(it_waits_no_longer_than_until_the_other_has_failed),
        TEST(somebody_else_is_none_of_its_business),
        TEST(what_failed_for_want_of_the_other_is_tried_at_once),
        TEST(a_locked_account_is_not_hurried_by_the_other),
        TEST(the_proof_is_lent_and_given_back),
        TEST(a_refusal_ends_the_logon_without_another_attempt),
        TEST(a_refusal_of_an_older_secret_says_nothing),
        TEST(a_refusal_is_recorded_of_the_lender),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
