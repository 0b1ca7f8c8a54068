/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a refused login is left alone, and what ends the wait.
 */
#include "unit.h"

#include "agent/mail/refusals.h"

static int forget_all(void **state)
{
    (void)state;
    anonid_refusal_stop();
    return 0;
}

static void nothing_is_held_at_first(void **state)
{
    (void)state;
    assert_int_equal(anonid_refusal_wait("a", "mail", 1), 0);
}

static void waits_grow(void **state)
{
    (void)state;
    assert_int_equal(anonid_refusal_note("a", "mail", 1), 60);
    assert_in_range(anonid_refusal_wait("a", "mail", 1), 58, 60);
    assert_int_equal(anonid_refusal_note("a", "mail", 1), 3600);
    assert_int_equal(anonid_refusal_note("a", "mail", 1), 3600);
    assert_in_range(anonid_refusal_wait("a", "mail", 1), 3598, 3600);
}

static void only_that_login_is_held(void **state)
{
    (void)state;
    anonid_refusal_note("a", "mail", 1);
    assert_int_equal(anonid_refusal_wait("b", "mail", 1), 0);
    assert_int_equal(anonid_refusal_wait("a", "other", 1), 0);
    assert_int_equal(anonid_refusal_wait("a", "mail", 2), 0);
}

static void a_new_version_starts_afresh(void **state)
{
    (void)state;
    anonid_refusal_note("a", "mail", 1);
    anonid_refusal_note("a", "other", 1);
    anonid_refusal_note("b", "mail", 1);
    anonid_refusal_version("a", 2);
    assert_int_equal(anonid_refusal_wait("a", "mail", 1), 0);
    assert_int_equal(anonid_refusal_wait("a", "other", 1), 0);
    assert_true(anonid_refusal_wait("b", "mail", 1) > 0);
    anonid_refusal_version("b", 1);
    assert_true(anonid_refusal_wait("b", "mail", 1) > 0);
}

static void success_is_forgiveness(void **state)
{
    (void)state;
    anonid_refusal_note("a", "mail", 1);
    anonid_refusal_note("a", "mail", 1);
    anonid_refusal_forget("a", "mail", 1);
    assert_int_equal(anonid_refusal_wait("a", "mail", 1), 0);
    assert_int_equal(anonid_refusal_note("a", "mail", 1), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_held_at_first, forget_all),
        cmocka_unit_test_teardown(waits_grow, forget_all),
        cmocka_unit_test_teardown(only_that_login_is_held, forget_all),
        cmocka_unit_test_teardown(a_new_version_starts_afresh, forget_all),
        cmocka_unit_test_teardown(success_is_forgiveness, forget_all),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
