/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jittered, doubling delays; see backoff.h.
 */
#include "agent/base/backoff.h"

#include <sys/random.h>

#define SHORTEST apr_time_from_sec(1)
#define LONGEST apr_time_from_sec(60)
#define DOUBLINGS 6 /* 2^6 s is over the longest */

apr_interval_time_t anonid_backoff_delay(unsigned failures,
                                         apr_interval_time_t least,
                                         uint32_t random)
{
    unsigned doublings = failures > 0 ? failures - 1 : 0;
    apr_interval_time_t delay =
        SHORTEST << (doublings < DOUBLINGS ? doublings : DOUBLINGS);

    if (delay > LONGEST)
        delay = LONGEST;
    delay = delay / 2 + random % (delay / 2 + 1);
    if (delay < SHORTEST)
        delay = SHORTEST;
    return delay > least ? delay : least;
}

uint32_t anonid_backoff_random(void)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
        return 0;
    return number;
}
