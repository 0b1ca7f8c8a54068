/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of messages: large ones leave room for small ones.
 */
#include "unit.h"

#include "module/draft/memory.h"

static void all_is_given_back(void **state)
{
    apr_pool_t *p;
    anonid_memory_t *memory;

    (void)state;
    apr_pool_create(&p, pool);
    memory = anonid_memory_open(p);
    assert_true(anonid_memory_take(memory, 1000));
    assert_true(anonid_memory_take(memory, 24));
    assert_int_equal(anonid_memory_total(), 1024);
    anonid_memory_give(memory, 1000);
    assert_int_equal(anonid_memory_total(), 24);
    apr_pool_destroy(p);
    assert_int_equal(anonid_memory_total(), 0);
}

static void nothing_may_be_counted(void **state)
{
    (void)state;
    assert_true(anonid_memory_take(NULL, (apr_size_t)-1));
    anonid_memory_give(NULL, 1);
    assert_int_equal(anonid_memory_total(), 0);
}

static void large_ones_leave_the_reserve(void **state)
{
    apr_pool_t *p;
    anonid_memory_t *large, *small;

    (void)state;
    apr_pool_create(&p, pool);
    large = anonid_memory_open(p);
    assert_false(anonid_memory_take(large, ANONID_MEMORY_ROOM + 1));
    assert_true(anonid_memory_take(large, ANONID_MEMORY_ROOM));
    assert_false(anonid_memory_take(large, 1));
    for (apr_size_t used = 0; used < ANONID_MEMORY_RESERVE;
         used += ANONID_MEMORY_SMALL) {
        small = anonid_memory_open(p);
        assert_true(anonid_memory_take(small, ANONID_MEMORY_SMALL));
        assert_false(anonid_memory_take(small, 1));
    }
    assert_false(anonid_memory_take(anonid_memory_open(p), 1));
    anonid_memory_give(large, 1);
    assert_true(anonid_memory_take(anonid_memory_open(p), 1));
    apr_pool_destroy(p);
    assert_int_equal(anonid_memory_total(), 0);
}

/* Sums that wrap around are not small. */
static void no_size_is_believed(void **state)
{
    apr_pool_t *p;
    anonid_memory_t *memory;

    (void)state;
    apr_pool_create(&p, pool);
    memory = anonid_memory_open(p);
    assert_true(anonid_memory_take(memory, 16));
    assert_false(anonid_memory_take(memory, (apr_size_t)-8));
    apr_pool_destroy(p);
    assert_int_equal(anonid_memory_total(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_given_back),
        cmocka_unit_test(nothing_may_be_counted),
        cmocka_unit_test(large_ones_leave_the_reserve),
        cmocka_unit_test(no_size_is_believed),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
