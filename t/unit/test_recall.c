/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A failed version is not tried again by the next agent: what is recorded,
 * when the record counts, and what ends it.
 */
#include "unit.h"

#include "logon_world.h"

#include <apr_strings.h>
#include <string.h>

static anonid_account_t *account;
static anonid_logon_t *logon;

static int begin_with(anonid_provider_t provider)
{
    account = anonid_account_make(pool, "alice");
    account->provider = provider;
    account->secret = "file:/secret";
    account->path = provider == ANONID_PROVIDER_FILE ? "/accounts" : NULL;
    account->slot = 1;
    logon = world_begin(account);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(ANONID_PROVIDER_LDAP);
}

static int begin_file(void **state)
{
    (void)state;
    return begin_with(ANONID_PROVIDER_FILE);
}

static int end(void **state)
{
    (void)state;
    world_end(logon);
    return 0;
}

/* A secret of that version, which the provider answers so. */
static void try_version(const char *version, anonid_failure_t code)
{
    world.answer = code;
    apr_cpystrn(logon->source.version, version, ANONID_VERSION_MAX);
    world_secret(logon, "secret");
    world_run_all();
}

/* Another agent, which finds what this one has recorded. */
static void next_agent(void)
{
    anonid_failed_t failed = world.failed;

    world_end(logon);
    logon = world_begin(account);
    world.failed = failed;
}

static void a_permanent_failure_is_recorded(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    assert_int_equal(world.records, 1);
    assert_string_equal(world.failed.version, "v1");
    assert_string_equal(world.failed.outcome.detail, "as told");
}

/* The attempt's own thread has done so; under another version of the source it
 * would not be found. */
static void what_the_attempt_has_recorded_is_not_recorded_again(void **state)
{
    static const char *const versions[] = { "v1", "v0" };

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        world.records = 0;
        world.recorded = versions[i];
        try_version("v1", ANONID_LOGON_FAILURE);
        assert_int_equal(world.records, i);
    }
}

static void what_is_recorded_is_not_tried_but_shown(void **state)
{
    (void)state;
    try_version("v1", ANONID_PASSWORD_EXPIRED);
    next_agent();
    try_version("v1", ANONID_LOGON_OK);
    world_turn(logon, apr_time_from_sec(100));
    assert_int_equal(world.attempts, 0);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_int_equal(world.next_attempt, 0);
    assert_int_equal(world.warnings, 1);
    assert_int_equal(world.warned_of.code, ANONID_PASSWORD_EXPIRED);
    assert_string_equal(world.warned_of.detail, "as told");
}

static void another_version_is_tried(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    next_agent();
    try_version("v2", ANONID_LOGON_OK);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_string_equal(world.failed.version, "");
}

/* A program may print something else at any time. */
static void a_changed_secret_of_the_same_version_is_tried(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    next_agent();
    try_version("v1", ANONID_LOGON_OK);
    assert_int_equal(world.attempts, 0);
    try_version("v1", ANONID_LOGON_OK);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.recoveries, 1);
}

static void a_demand_tries_what_is_recorded(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    next_agent();
    try_version("v1", ANONID_LOGON_OK);
    world_demand(logon, NULL);
    world_same_secret(logon);
    world_run_all();
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_string_equal(world.failed.version, "");
}

/* It came before the secret did. */
static void an_early_demand_tries_what_is_recorded(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    next_agent();
    world_demand(logon, NULL);
    try_version("v1", ANONID_LOGON_OK);
    assert_int_equal(world.attempts, 1);
}

static void a_failed_renewal_is_recorded(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_OK);
    world.answer = ANONID_ACCOUNT_DISABLED;
    world_demand(logon, NULL);
    world_same_secret(logon);
    world_run_all();
    assert_int_equal(world.records, 1);
    assert_int_equal(world.failed.outcome.code, ANONID_ACCOUNT_DISABLED);
}

static void transient_failures_are_not_recorded(void **state)
{
    (void)state;
    try_version("v1", ANONID_NO_LOGON_SERVERS);
    try_version("v2", ANONID_ACCOUNT_LOCKED_OUT);
    try_version("v3", ANONID_ACCESS_DENIED);
    assert_int_equal(world.records, 0);
}

/* The agent, not the account, lacks something. */
static void what_could_not_be_asked_is_not_recorded(void **state)
{
    (void)state;
    world.answer_kind = ANONID_PERMANENT;
    try_version("v1", ANONID_ACCESS_DENIED);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.records, 0);
}

static void local_accounts_are_not_recorded(void **state)
{
    (void)state;
    world_file(logon, "1");
    try_version("v1", ANONID_LOGON_FAILURE);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.records, 0);
}

static void a_version_that_came_during_an_attempt_is_not_blamed(void **state)
{
    (void)state;
    world.answer = ANONID_LOGON_FAILURE;
    apr_cpystrn(logon->source.version, "v1", ANONID_VERSION_MAX);
    world_secret(logon, "secret");
    apr_cpystrn(logon->source.version, "v2", ANONID_VERSION_MAX);
    world_run_all();
    assert_string_equal(world.failed.version, "v1");
}

/* At the agent's end: it has not said anything about the secret. */
static void an_attempt_that_is_dropped_changes_nothing(void **state)
{
    (void)state;
    try_version("v1", ANONID_LOGON_FAILURE);
    world_demand(logon, NULL);
    world_same_secret(logon);
    world_drop_all();
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.recoveries, 0);
    assert_int_equal(world.state, ANONID_STATE_FAILED);
    assert_string_equal(world.failed.version, "v1");
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(a_permanent_failure_is_recorded),
    TEST(what_the_attempt_has_recorded_is_not_recorded_again),
    TEST(what_is_recorded_is_not_tried_but_shown),
    TEST(another_version_is_tried),
    TEST(a_changed_secret_of_the_same_version_is_tried),
    TEST(a_demand_tries_what_is_recorded),
    TEST(an_early_demand_tries_what_is_recorded),
    TEST(a_failed_renewal_is_recorded),
    TEST(transient_failures_are_not_recorded),
    TEST(what_could_not_be_asked_is_not_recorded),
    cmocka_unit_test_setup_teardown(local_accounts_are_not_recorded,
                                    begin_file, end),
    TEST(an_attempt_that_is_dropped_changes_nothing),
    TEST(a_version_that_came_during_an_attempt_is_not_blamed),
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("recall", tests, unit_setup,
                                       unit_teardown);
}
