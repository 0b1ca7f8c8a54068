/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of `anonidctl check`: random, good once, for a while, and few.
 */
#include "unit.h"

#include "agent/request/check_tokens.h"

#include <string.h>

#define NOW apr_time_from_sec(1000000)

static void a_token_is_good_once(void **state)
{
    char token[ANONID_TOKEN_LENGTH + 1], other[ANONID_TOKEN_LENGTH + 1];

    (void)state;
    assert_true(anonid_check_token_issue(token, NOW));
    assert_true(anonid_check_token_issue(other, NOW));
    assert_int_equal(strspn(token, "0123456789abcdef"), ANONID_TOKEN_LENGTH);
    assert_string_not_equal(token, other);
    assert_true(anonid_check_token_redeem(token, NOW));
    assert_false(anonid_check_token_redeem(token, NOW));
    assert_true(anonid_check_token_redeem(other, NOW));
}

static void a_token_is_good_for_a_while(void **state)
{
    char token[ANONID_TOKEN_LENGTH + 1];

    (void)state;
    assert_true(anonid_check_token_issue(token, NOW));
    assert_false(anonid_check_token_redeem(token, NOW + ANONID_TOKEN_LIFE));
    assert_true(anonid_check_token_redeem(token, NOW + ANONID_TOKEN_LIFE - 1));
}

static void what_is_no_token_is_not_good(void **state)
{
    char token[ANONID_TOKEN_LENGTH + 2];

    (void)state;
    assert_true(anonid_check_token_issue(token, NOW));
    assert_false(anonid_check_token_redeem("", NOW));
    token[0] ^= 1;
    assert_false(anonid_check_token_redeem(token, NOW));
    token[0] ^= 1;
    token[ANONID_TOKEN_LENGTH] = '0';
    token[ANONID_TOKEN_LENGTH + 1] = '\0';
    assert_false(anonid_check_token_redeem(token, NOW));
    token[ANONID_TOKEN_LENGTH] = '\0';
    assert_true(anonid_check_token_redeem(token, NOW));
}

static void there_are_few_at_a_time(void **state)
{
    apr_time_t later = NOW + ANONID_TOKEN_LIFE;
    char token[ANONID_TOKEN_LENGTH + 1];

    (void)state;
    for (int i = 0; i < ANONID_TOKENS_MAX; i++)
        assert_true(anonid_check_token_issue(token, NOW));
    assert_false(anonid_check_token_issue(token, NOW));
    assert_true(anonid_check_token_redeem(token, NOW));
    assert_true(anonid_check_token_issue(token, NOW));
    assert_true(anonid_check_token_issue(token, later));
    assert_true(anonid_check_token_redeem(token, later));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_good_once),
        cmocka_unit_test(a_token_is_good_for_a_while),
        cmocka_unit_test(what_is_no_token_is_not_good),
        cmocka_unit_test(there_are_few_at_a_time),
    };

    return cmocka_run_group_tests_name("check_tokens", tests, unit_setup,
                                       unit_teardown);
}
