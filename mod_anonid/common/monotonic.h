/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock for deadlines: one that nobody sets. What is shown, or expires on
 * a date, is apr_time_now()'s.
 */
#ifndef ANONID_COMMON_MONOTONIC_H
#define ANONID_COMMON_MONOTONIC_H

#include <apr_time.h>
#include <time.h>

/* Microseconds of CLOCK_MONOTONIC. */
static inline apr_time_t anonid_monotonic_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

#endif
