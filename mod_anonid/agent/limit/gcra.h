/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic cell rate algorithm (ITU-T I.371, virtual scheduling): how often
 * something may happen, from one number, the theoretical arrival time (TAT):
 * when the next one would be due if they came at the rate. Who comes before
 * that draws on the burst:
 *
 *        now                    TAT
 *   ------+----------------------+-------------> time
 *         |<---- at most burst * interval ---->|
 *
 * So in any span of time W no more than W / interval + burst pass. Times are
 * microseconds of any clock that only goes forward; a TAT of the past says the
 * same as none (0). Pure: asks no clock, keeps nothing.
 */
#ifndef ANONID_AGENT_LIMIT_GCRA_H
#define ANONID_AGENT_LIMIT_GCRA_H

#include "common/limit.h"

/* What anonid_gcra_wait says of more than a burst has room for. */
#define ANONID_GCRA_NEVER (-1)

/* The TAT after n more. */
static inline apr_time_t anonid_gcra_taken(const anonid_limit_t *limit,
                                           apr_time_t tat, apr_time_t now,
                                           unsigned n)
{
    return (tat > now ? tat : now) + limit->interval * (apr_time_t)n;
}

/* How long n have to wait: 0: they may come now. */
static inline apr_interval_time_t anonid_gcra_wait(const anonid_limit_t *limit,
                                                   apr_time_t tat,
                                                   apr_time_t now, unsigned n)
{
    apr_interval_time_t ahead =
        anonid_gcra_taken(limit, tat, now, n) - now
        - limit->interval * (apr_interval_time_t)limit->burst;

    if (n > limit->burst)
        return ANONID_GCRA_NEVER;
    return ahead > 0 ? ahead : 0;
}

/* The TAT when n of those that were taken did not happen. */
static inline apr_time_t anonid_gcra_given_back(const anonid_limit_t *limit,
                                                apr_time_t tat, unsigned n)
{
    apr_time_t back = limit->interval * (apr_time_t)n;

    return tat > back ? tat - back : 0;
}

#endif
