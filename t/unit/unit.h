/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test begins with: cmocka's headers in the order that they
 * need, and APR started with one pool for the whole program.
 */
#ifndef ANONID_T_UNIT_H
#define ANONID_T_UNIT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <apr_general.h>
#include <apr_pools.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ends a test that only root can run; TAP's word for it is a comment, because
 * cmocka 1.1.5 reports skip() as "not ok". */
#define RETURN_UNLESS_ROOT()                                                  \
    do {                                                                      \
        if (geteuid() != 0) {                                                 \
            print_message("# skipped: needs root\n");                         \
            return;                                                           \
        }                                                                     \
    } while (0)

static apr_pool_t *pool;

static inline int unit_setup(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS)
        return -1;
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static inline int unit_teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

#endif
