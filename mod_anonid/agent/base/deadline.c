/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines; see deadline.h.
 */
#include "agent/base/deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

static anonid_deadline_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (anonid_deadline_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

anonid_deadline_t anonid_deadline_in(int seconds)
{
    return now() + (anonid_deadline_t)seconds * 1000;
}

anonid_deadline_t anonid_deadline_within(anonid_deadline_t other, int seconds)
{
    anonid_deadline_t own = anonid_deadline_in(seconds);

    return own < other ? own : other;
}

static int bounded(anonid_deadline_t difference)
{
    if (difference <= 0)
        return 0;
    return difference < INT_MAX ? (int)difference : INT_MAX;
}

int anonid_deadline_left(anonid_deadline_t deadline)
{
    return bounded(deadline - now());
}

int anonid_deadline_since(anonid_deadline_t moment)
{
    return bounded(now() - moment);
}

int anonid_deadline_poll(int fd, short events, anonid_deadline_t deadline)
{
    struct pollfd p = { fd, events, 0 };
    int n;

    do
        n = poll(&p, 1, anonid_deadline_left(deadline));
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n > 0;
}
