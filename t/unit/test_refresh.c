/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens that are replaced: the new one is used and stored, the old
 * one is never shown again, whatever fails or changes meanwhile.
 */
#include "unit.h"

#include "logon_world.h"

#include <errno.h>
#include <string.h>

#define LIFE apr_time_from_sec(100)

static anonid_logon_t *logon;
static anonid_account_t *account;

static int begin(void **state)
{
    (void)state;
    account = anonid_account_make(pool, "web");
    account->provider = ANONID_PROVIDER_OAUTH2;
    account->refresh = "file:/refresh";
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

/* What is read from the file, as control/secret_receiver.c has it: 1 if it was
 * news. */
static int read_file(const char *text)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_REFRESH, text, strlen(text));
    int known = anonid_logon_refresh_known(logon, secret);
    const anonid_logon_event_t event = {
        .kind = known ? ANONID_EVENT_SAME_SECRET : ANONID_EVENT_SECRET,
        .secret = { secret, NULL },
    };

    world_handle(logon, &event);
    anonid_secret_drop(secret);
    return !known;
}

static void stored(uint32_t number, int error)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_TOKEN_STORED,
        .stored = { number, error, error ? "it cannot" : NULL },
    };

    world_handle(logon, &event);
}

static void new_supervisor(void)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_NEW_SUPERVISOR,
    };

    world_handle(logon, &event);
}

/* Logs on with the first token, for which there is a second one. */
static void log_on(void)
{
    world.expires = world_date() + LIFE;
    world.rotated = "two";
    assert_true(read_file("one"));
    world_run_all();
    assert_string_equal(world.tried, "one");
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
    assert_string_equal(world.token, "two");
}

/* Half of the logon's life is over. */
static void renew(const char *rotated)
{
    world.expires = world_date() + 2 * LIFE;
    world.rotated = rotated;
    world_turn(logon, LIFE / 2 + 1);
}

static void the_next_attempt_shows_the_next_token(void **state)
{
    unsigned long version;

    (void)state;
    log_on();
    stored(world.token_number, 0);
    version = world.version;
    renew("three");
    assert_string_equal(world.tried, "two");
    assert_string_equal(world.token, "three");
    assert_int_equal(world.version, version); /* sessions go on */
    assert_int_equal(world.attempts, 2);
}

static void the_stored_token_is_no_news(void **state)
{
    (void)state;
    log_on();
    stored(world.token_number, 0);
    assert_false(read_file("two"));
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.token_stores, 1);
    assert_true(read_file("other"));
    world_run_all();
    assert_string_equal(world.tried, "other");
}

static void what_could_not_be_stored_is_tried_again_and_used(void **state)
{
    (void)state;
    log_on();
    stored(world.token_number, EROFS);
    assert_int_equal(world.not_stored, 1);
    assert_false(read_file("one")); /* touched: it is still the old one */
    stored(world.token_number, EROFS);
    assert_int_equal(world.not_stored, 1);
    renew(NULL);
    assert_string_equal(world.tried, "two");
    world.token_stores = 0;
    world_turn(logon, apr_time_from_sec(61));
    assert_true(world.token_stores > 0);
    assert_string_equal(world.token, "two");
    stored(world.token_number, 0);
    assert_int_equal(world.stored_again, 1);
}

static void an_answer_to_an_older_one_is_passed_over(void **state)
{
    uint32_t number;

    (void)state;
    log_on();
    number = world.token_number;
    renew("three");
    assert_int_not_equal(world.token_number, number);
    stored(number, 0);
    new_supervisor();
    assert_string_equal(world.token, "three");
}

static void a_new_supervisor_is_asked(void **state)
{
    (void)state;
    log_on();
    new_supervisor();
    assert_int_equal(world.token_stores, 2);
    stored(world.token_number, ESTALE); /* the old one had done it */
    assert_int_equal(world.not_stored, 0);
    assert_false(read_file("two"));
    new_supervisor();
    assert_int_equal(world.token_stores, 2);
}

static void a_token_of_somebody_else_is_not_overwritten(void **state)
{
    (void)state;
    log_on();
    stored(world.token_number, ESTALE);
    assert_true(read_file("other"));
    assert_int_equal(world.token_stores, 1);
    world.rotated = "two others";
    world_run_all();
    assert_string_equal(world.tried, "other");
    assert_string_equal(world.token, "two others");
}

static void an_old_attempt_does_not_replace_a_newer_token(void **state)
{
    (void)state;
    world.rotated = "two";
    assert_true(read_file("one"));
    assert_true(read_file("other"));
    assert_true(world_run()); /* with "one" */
    assert_int_equal(world.token_stores, 0);
    world_run_all();
    assert_string_equal(world.tried, "other");
}

static void a_changed_account_keeps_the_next_token(void **state)
{
    anonid_account_t *changed = anonid_account_make(pool, "web");

    (void)state;
    *changed = *account;
    changed->principal = "other client";
    world.rotated = "two";
    assert_true(read_file("one"));
    world_configure(logon, changed); /* while the attempt runs */
    world_run_all();
    assert_string_equal(world.token, "two");
    assert_string_equal(world.tried, "two");
}

static void a_failure_may_bring_the_next_token(void **state)
{
    (void)state;
    world.answer = ANONID_NO_LOGON_SERVERS;
    world.rotated = "two";
    assert_true(read_file("one"));
    world_run_all();
    assert_string_equal(world.token, "two");
    world.answer = ANONID_LOGON_OK;
    world_turn(logon, apr_time_from_sec(5));
    assert_string_equal(world.tried, "two");
}

static void a_refused_token_is_tried_once(void **state)
{
    (void)state;
    world.answer = ANONID_LOGON_FAILURE;
    assert_true(read_file("one"));
    world_run_all();
    assert_false(read_file("one"));
    world_turn(logon, apr_time_from_sec(7200));
    assert_int_equal(world.attempts, 1);
    world.answer = ANONID_LOGON_OK;
    assert_true(read_file("two"));
    world_run_all();
    assert_int_equal(world.state, ANONID_STATE_LOGGED_ON);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(the_next_attempt_shows_the_next_token),
        ROW(the_stored_token_is_no_news),
        ROW(what_could_not_be_stored_is_tried_again_and_used),
        ROW(an_answer_to_an_older_one_is_passed_over),
        ROW(a_new_supervisor_is_asked),
        ROW(a_token_of_somebody_else_is_not_overwritten),
        ROW(an_old_attempt_does_not_replace_a_newer_token),
        ROW(a_changed_account_keeps_the_next_token),
        ROW(a_failure_may_bring_the_next_token),
        ROW(a_refused_token_is_tried_once),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
