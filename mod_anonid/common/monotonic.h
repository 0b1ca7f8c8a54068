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

/* The date of such a moment, as the wall clock is set now; 0 stays 0. */
static inline apr_time_t anonid_monotonic_date(apr_time_t when)
{
    return when ? apr_time_now() + (when - anonid_monotonic_now()) : 0;
}

#endif
