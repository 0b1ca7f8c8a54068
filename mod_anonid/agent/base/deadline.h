/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines for what blocks on a thread of the pool. They are moments of a
 * clock that nobody sets.
 */
#ifndef ANONID_AGENT_BASE_DEADLINE_H
#define ANONID_AGENT_BASE_DEADLINE_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. */
typedef int64_t anonid_deadline_t;

/* So many seconds from now. */
anonid_deadline_t anonid_deadline_in(int seconds);

/* So many seconds from now, but not after the other one. */
anonid_deadline_t anonid_deadline_within(anonid_deadline_t other, int seconds);

/* Milliseconds that are left; 0 when it is over. */
int anonid_deadline_left(anonid_deadline_t deadline);

/* Milliseconds since a moment that anonid_deadline_in(0) was. */
int anonid_deadline_since(anonid_deadline_t moment);

/* Waits for events (POLLIN, POLLOUT) on fd. 1 when they came, or the fd has
 * an error to tell; 0 with errno ETIMEDOUT or poll's. */
int anonid_deadline_poll(int fd, short events, anonid_deadline_t deadline);

#endif
