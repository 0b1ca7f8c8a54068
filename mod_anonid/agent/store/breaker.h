/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a store that failed is tried again: after 5 s, and twice as long each
 * time that it fails again, up to a minute. Arithmetic only; the clock is the
 * monotonic one.
 */
#ifndef ANONID_AGENT_STORE_BREAKER_H
#define ANONID_AGENT_STORE_BREAKER_H

#include <apr_time.h>

#define ANONID_BREAKER_FIRST apr_time_from_sec(5)
#define ANONID_BREAKER_LONGEST apr_time_from_sec(60)

/* Zeroed at first. */
typedef struct {
    apr_interval_time_t delay; /* the last one; 0: none yet */
    apr_time_t well_since;     /* 0: it is not */
} anonid_breaker_t;

static inline void anonid_breaker_well(anonid_breaker_t *breaker,
                                       apr_time_t now)
{
    breaker->well_since = now;
}

/* It has failed: how long it is left alone. One that had been well for less
 * than the longest delay is as one that never was. */
static inline apr_interval_time_t
anonid_breaker_failed(anonid_breaker_t *breaker, apr_time_t now)
{
    if (breaker->well_since
        && now - breaker->well_since >= ANONID_BREAKER_LONGEST)
        breaker->delay = 0;
    breaker->well_since = 0;
    breaker->delay =
        breaker->delay ? 2 * breaker->delay : ANONID_BREAKER_FIRST;
    if (breaker->delay > ANONID_BREAKER_LONGEST)
        breaker->delay = ANONID_BREAKER_LONGEST;
    return breaker->delay;
}

#endif
