/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moments before an end; see countdown.h.
 */
#include "agent/base/countdown.h"

#define DAY apr_time_from_sec(86400)

static const apr_interval_time_t ahead[] = { 14 * DAY, 7 * DAY, 3 * DAY, DAY };

#define MOMENTS (int)(sizeof(ahead) / sizeof(ahead[0]))

apr_time_t anonid_countdown_next(apr_time_t end, apr_interval_time_t life,
                                 int passed)
{
    int skipped = 0;

    while (life && skipped < MOMENTS && ahead[skipped] > life / 4)
        skipped++;
    if (skipped == MOMENTS)
        return passed == 0 ? end - life / 4 : 0;
    return skipped + passed < MOMENTS ? end - ahead[skipped + passed] : 0;
}

int anonid_countdown_passed(apr_time_t end, apr_interval_time_t life,
                            apr_time_t now)
{
    int passed = 0;
    apr_time_t next = anonid_countdown_next(end, life, passed);

    while (next && now >= next)
        next = anonid_countdown_next(end, life, ++passed);
    return passed;
}
