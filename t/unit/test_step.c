/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of the logon machine by itself: which effects an event has, in
 * which order, and that a step goes by its arguments alone.
 */
#include "unit.h"

#include "logon_world.h"

#include "agent/base/backoff.h"

#include <string.h>

#define NOW apr_time_from_sec(1000000)

static anonid_logon_t *logon;
static anonid_step_t result;

static int begin(void **state)
{
    anonid_account_t *account = anonid_account_make(pool, "bob");

    (void)state;
    account->path = "/accounts";
    account->sync = 1;
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

/* The step, of which nothing is carried out. */
static void step(const anonid_logon_event_t *event, uint32_t random)
{
    memset(&result, 0, sizeof(result));
    result.now = NOW;
    result.date = NOW + apr_time_from_sec(1000000);
    result.random = random;
    result.last_version = 1000;
    anonid_logon_step(logon, event, &result);
}

/* Asserts that these, up to ANONID_EFFECT_KINDS, are the effects. */
static void assert_effects(const anonid_effect_kind_t *kinds)
{
    int n = 0;

    for (; kinds[n] != ANONID_EFFECT_KINDS; n++) {
        assert_true(n < result.n_effects);
        assert_int_equal(result.effects[n].kind, kinds[n]);
    }
    assert_int_equal(result.n_effects, n);
}

#define ASSERT_EFFECTS(...)                                                   \
    assert_effects(                                                           \
        (const anonid_effect_kind_t[]){ __VA_ARGS__, ANONID_EFFECT_KINDS })

static void be_told(anonid_waiter_t *waiter, const anonid_outcome_t *outcome)
{
    (void)waiter;
    (void)outcome;
}

static anonid_waiter_t waiter = { NULL, be_told };

/* A password is made, stored and proven, after a failure. */
static void log_on(void)
{
    world_no_file(logon, 5);
    world_file(logon, "1");
    world_run_all();
    world_stored(logon, 0, NULL);
    world_file(logon, "2");
}

/* The attempt that runs has ended so. */
static void step_attempted(anonid_failure_t code, uint32_t random)
{
    anonid_attempt_t attempt;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_ATTEMPTED,
        .attempted = { logon->candidate.version, logon->candidate.secret,
                       &attempt },
    };

    memset(&attempt, 0, sizeof(attempt));
    anonid_outcome_set(&attempt.outcome, code, "as told");
    step(&event, random);
}

static void a_good_logon_is_published_before_who_asked_is_told(void **state)
{
    (void)state;
    log_on();
    logon->waiters = &waiter;
    step_attempted(ANONID_LOGON_OK, 0);
    ASSERT_EFFECTS(ANONID_EFFECT_PROVEN, ANONID_EFFECT_RECOVERED,
                   ANONID_EFFECT_PUBLISH, ANONID_EFFECT_TELL_OTHERS,
                   ANONID_EFFECT_ALARM, ANONID_EFFECT_ANSWER);
    assert_int_equal(result.effects[0].version, logon->candidate.version);
    assert_ptr_equal(result.effects[5].answer.waiters, &waiter);
    assert_null(logon->waiters);
    world_drop_all();
}

static void a_delay_is_made_of_the_time_and_the_number_given(void **state)
{
    (void)state;
    log_on();
    step_attempted(ANONID_NO_LOGON_SERVERS, 12345);
    assert_int_equal(
        logon->next_attempt,
        NOW + anonid_backoff_delay(logon->streak.failures, 0, 12345));
    world_drop_all();
}

/* A step that the answer leads to must find the attempt started. */
static void who_waits_is_told_after_all_else(void **state)
{
    anonid_logon_event_t failed = {
        .kind = ANONID_EVENT_VERIFIER_STORED,
        .stored = { 0, 5, "the disk is full" },
    };

    (void)state;
    log_on();
    world_run_all();
    world_rotate(logon, &waiter);
    world_run_all();
    failed.stored.number = world.store;
    step(&failed, 0);
    ASSERT_EFFECTS(ANONID_EFFECT_NOT_ROTATED, ANONID_EFFECT_ALARM,
                   ANONID_EFFECT_ATTEMPT, ANONID_EFFECT_ANSWER);
    assert_string_equal(result.effects[3].answer.outcome.detail,
                        "the disk is full");
    assert_int_equal(logon->running, 1);
}

static void versions_are_taken_from_those_never_used(void **state)
{
    const anonid_logon_event_t rotate = { .kind = ANONID_EVENT_ROTATE };

    (void)state;
    log_on();
    world_run_all();
    step(&rotate, 0);
    ASSERT_EFFECTS(ANONID_EFFECT_ALARM, ANONID_EFFECT_MAKE_VERIFIER);
    assert_int_equal(result.effects[1].number, 1001);
    assert_int_equal(result.last_version, 1001);
}

static void after_the_end_nothing_happens(void **state)
{
    const anonid_logon_event_t rotate = {
        .kind = ANONID_EVENT_ROTATE,
        .asked = { &waiter, 0 },
    };

    (void)state;
    logon->gone = 1;
    step_attempted(ANONID_LOGON_OK, 0);
    assert_int_equal(result.n_effects, 0);
    step(&rotate, 0);
    ASSERT_EFFECTS(ANONID_EFFECT_ANSWER);
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(a_good_logon_is_published_before_who_asked_is_told),
    TEST(a_delay_is_made_of_the_time_and_the_number_given),
    TEST(who_waits_is_told_after_all_else),
    TEST(versions_are_taken_from_those_never_used),
    TEST(after_the_end_nothing_happens),
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("step", tests, unit_setup,
                                       unit_teardown);
}
