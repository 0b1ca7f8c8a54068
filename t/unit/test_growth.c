/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many sessions the pool has with a server, whatever the server takes.
 */
#include "unit.h"

#include "agent/mail/growth.h"

/* A burst at a server that takes `limit` sessions: how many there are at the
 * end, and how many logins were refused. */
static int burst(anonid_growth_t *growth, int sessions, int limit,
                 int *refused)
{
    int before;

    *refused = 0;
    do {
        int logins = 0;

        before = sessions + *refused;
        while (anonid_growth_allows(growth, sessions, logins))
            logins++;
        for (; logins > 0; logins--) {
            if (sessions >= limit) {
                anonid_growth_refused(growth, sessions, 0, 0);
                ++*refused;
                continue;
            }
            anonid_growth_worked(growth, ++sessions);
        }
    } while (sessions + *refused > before);
    return sessions;
}

static void the_first_login_is_alone(void **state)
{
    anonid_growth_t growth = { 0 };

    (void)state;
    assert_true(anonid_growth_allows(&growth, 0, 0));
    assert_false(anonid_growth_allows(&growth, 0, 1));
    assert_true(anonid_growth_allows(&growth, 2, 1));
    assert_false(anonid_growth_allows(&growth, 2, 2));
}

static void sessions_are_bounded(void **state)
{
    anonid_growth_t growth = { 0 };
    int refused;

    (void)state;
    assert_int_equal(burst(&growth, 0, 1000, &refused), ANONID_POOL_SESSIONS);
    assert_int_equal(refused, 0);
}

static void a_limit_is_found_and_remembered(void **state)
{
    (void)state;
    for (int limit = 1; limit < ANONID_POOL_SESSIONS; limit++) {
        anonid_growth_t growth = { 0 };
        int refused;

        assert_int_equal(burst(&growth, 0, limit, &refused), limit);
        assert_in_range(refused, 1, limit);
        assert_int_equal(burst(&growth, limit, limit, &refused), limit);
        assert_int_equal(refused, 0);
        assert_int_equal(burst(&growth, limit - 1, limit, &refused), limit);
        assert_int_equal(refused, 0);
    }
}

static void one_more_is_tried_later(void **state)
{
    anonid_growth_t growth = { 0 };
    int refused;

    (void)state;
    burst(&growth, 0, 2, &refused);
    assert_false(anonid_growth_allows(&growth, 2, 0));
    growth.probe = 0; /* now is later */
    assert_true(anonid_growth_allows(&growth, 2, 0));
    assert_false(anonid_growth_allows(&growth, 2, 1));
    assert_int_equal(anonid_growth_refused(&growth, 2, 0, 0), 90);
    assert_false(anonid_growth_allows(&growth, 2, 0));
    growth.probe = 0;
    anonid_growth_worked(&growth, 3);
    assert_int_equal(burst(&growth, 3, 1000, &refused), ANONID_POOL_SESSIONS);
}

/* Account lockout counts wrong passwords, should it be one. */
static void what_looks_like_a_wrong_password_is_seldom_tried(void **state)
{
    anonid_growth_t growth = { 0 };

    (void)state;
    assert_int_equal(anonid_growth_refused(&growth, 1, 1, 0), 60);
    growth.probe = 0;
    assert_int_equal(anonid_growth_refused(&growth, 1, 1, 0), 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_login_is_alone),
        cmocka_unit_test(sessions_are_bounded),
        cmocka_unit_test(a_limit_is_found_and_remembered),
        cmocka_unit_test(one_more_is_tried_later),
        cmocka_unit_test(what_looks_like_a_wrong_password_is_seldom_tried),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
