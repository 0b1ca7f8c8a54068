/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords and tokens that come to their end are warned of 14, 7, 3 and 1
 * days ahead, once each.
 */
#include "unit.h"

#include "logon_world.h"

#include "agent/ldap/expiry.h"
#include "common/warning.h"

#include <string.h>

#define HOUR apr_time_from_sec(3600)
#define DAY (24 * HOUR)

static anonid_account_t *account;
static anonid_logon_t *logon;

static int begin_with(anonid_provider_t provider)
{
    account = anonid_account_make(pool, "alice");
    account->provider = provider;
    account->secret = "file:/secret";
    account->slot = 1;
    memset(&world.expiry, 0, sizeof(world.expiry));
    logon = world_begin(account);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(ANONID_PROVIDER_LDAP);
}

static int begin_token(void **state)
{
    (void)state;
    return begin_with(ANONID_PROVIDER_TOKEN);
}

static int end(void **state)
{
    (void)state;
    world_end(logon);
    return 0;
}

/* A logon with a secret that is good for so long. */
static void log_on(apr_interval_time_t life)
{
    world.secret_ends = world_date() + life;
    world_secret(logon, "secret");
    world_run_all();
}

static void a_password_is_warned_of_four_times(void **state)
{
    static const int days[] = { 14, 7, 3, 1 };

    (void)state;
    log_on(20 * DAY);
    assert_int_equal(world.expiry_warnings, 0);
    for (int i = 0; i < 4; i++) {
        world_turn(logon,
                   world.secret_ends - days[i] * DAY - world_date() - HOUR);
        assert_int_equal(world.expiry_warnings, i);
        world_turn(logon, 2 * HOUR);
        assert_int_equal(world.expiry_warnings, i + 1);
        assert_int_equal(world.warned_expiry, world.secret_ends);
    }
    world_turn(logon, 3 * DAY);
    assert_int_equal(world.expiry_warnings, 4);
}

static void one_warning_stands_for_those_that_are_over(void **state)
{
    (void)state;
    log_on(2 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
    world_turn(logon, DAY + HOUR);
    assert_int_equal(world.expiry_warnings, 2);
}

/* A server that counts in seconds says another date each time. */
static void the_same_end_told_again_is_no_news(void **state)
{
    (void)state;
    log_on(10 * DAY);
    world.secret_ends += apr_time_from_sec(1);
    world_demand(logon, NULL);
    world_same_secret(logon);
    world_run_all();
    assert_int_equal(world.attempts, 2);
    assert_int_equal(world.expiry_warnings, 1);
}

static void a_new_password_begins_anew(void **state)
{
    (void)state;
    log_on(DAY);
    assert_int_equal(world.expiry_warnings, 1);
    log_on(90 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
    assert_int_equal(world.expiry.warnings, 0);
    world_turn(logon, 77 * DAY);
    assert_int_equal(world.expiry_warnings, 2);
}

static void one_that_never_ends_is_not_warned_of(void **state)
{
    (void)state;
    world_secret(logon, "secret");
    world_turn(logon, 1000 * DAY);
    assert_int_equal(world.attempts, 1);
    assert_int_equal(world.expiry.expires, 0);
    assert_int_equal(world.expiry_warnings, 0);
}

static void the_next_agent_repeats_nothing(void **state)
{
    anonid_expiry_t told;
    apr_time_t ends;

    (void)state;
    log_on(5 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
    ends = world.secret_ends;
    told = world.expiry;
    world_end(logon);
    world.expiry = told;
    logon = world_begin(account);
    log_on(ends - world_date());
    assert_int_equal(world.expiry_warnings, 0);
    world_turn(logon, 2 * DAY + HOUR);
    assert_int_equal(world.expiry_warnings, 1);
}

static void a_clock_that_is_set_brings_the_warning(void **state)
{
    (void)state;
    log_on(20 * DAY);
    world_set_clock(logon, 7 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
    world_set_clock(logon, -7 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
}

static void a_short_token_is_warned_of_in_its_last_quarter(void **state)
{
    (void)state;
    log_on(HOUR);
    world_turn(logon, HOUR / 60 * 44);
    assert_int_equal(world.expiry_warnings, 0);
    world_turn(logon, HOUR / 60 * 2);
    assert_int_equal(world.expiry_warnings, 1);
    world_turn(logon, HOUR);
    assert_int_equal(world.expiry_warnings, 1);
}

static void a_long_token_is_warned_of_in_its_last_quarter(void **state)
{
    (void)state;
    log_on(30 * DAY);
    world_turn(logon, 22 * DAY);
    assert_int_equal(world.expiry_warnings, 0);
    world_turn(logon, 2 * DAY);
    assert_int_equal(world.expiry_warnings, 1);
    world_turn(logon, 6 * DAY - HOUR);
    assert_int_equal(world.expiry_warnings, 3);
}

static void a_filetime_is_a_time(void **state)
{
    (void)state;
    assert_int_equal(anonid_ldap_filetime("116444736010000000"),
                     apr_time_from_sec(1));
    assert_int_equal(anonid_ldap_filetime("133500000000000000"),
                     apr_time_from_sec(1705526400));
    assert_int_equal(anonid_ldap_filetime("9223372036854775807"), 0);
    assert_int_equal(anonid_ldap_filetime("99999999999999999999"), 0);
    assert_int_equal(anonid_ldap_filetime("0"), 0);
    assert_int_equal(anonid_ldap_filetime("-1"), 0);
    assert_int_equal(anonid_ldap_filetime(""), 0);
    assert_int_equal(anonid_ldap_filetime("13350x"), 0);
}

static void time_left_is_told_in_one_unit(void **state)
{
    (void)state;
    assert_string_equal(anonid_time_left(pool, 14 * DAY - 1), "14 days");
    assert_string_equal(anonid_time_left(pool, 14 * DAY), "14 days");
    assert_string_equal(anonid_time_left(pool, DAY), "1 day");
    assert_string_equal(anonid_time_left(pool, 20 * HOUR), "20 h");
    assert_string_equal(anonid_time_left(pool, HOUR / 4), "15 min");
    assert_string_equal(anonid_time_left(pool, apr_time_from_sec(40)), "40 s");
    assert_string_equal(anonid_time_left(pool, -DAY), "0 s");
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TOKEN_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_token, end)
    TEST(a_password_is_warned_of_four_times),
    TEST(one_warning_stands_for_those_that_are_over),
    TEST(the_same_end_told_again_is_no_news),
    TEST(a_new_password_begins_anew),
    TEST(one_that_never_ends_is_not_warned_of),
    TEST(the_next_agent_repeats_nothing),
    TEST(a_clock_that_is_set_brings_the_warning),
    TOKEN_TEST(a_short_token_is_warned_of_in_its_last_quarter),
    TOKEN_TEST(a_long_token_is_warned_of_in_its_last_quarter),
    cmocka_unit_test(a_filetime_is_a_time),
    cmocka_unit_test(time_left_is_told_in_one_unit),
#undef TOKEN_TEST
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("expiry", tests, unit_setup,
                                       unit_teardown);
}
