/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hears when somebody sets the wall clock, as timerfd_create(2) tells it
 * (TFD_TIMER_CANCEL_ON_SET). Timers of the loop are monotonic; one that was
 * set for a date has to be set again then.
 */
#ifndef ANONID_AGENT_BASE_CLOCK_WATCH_H
#define ANONID_AGENT_BASE_CLOCK_WATCH_H

struct event_base;

typedef struct anonid_clock_watch_t anonid_clock_watch_t;

/* `when_set` is called on the loop each time. NULL if the kernel or the memory
 * does not allow it: then dates are found to be over at the next event. */
anonid_clock_watch_t *anonid_clock_watch_start(struct event_base *base,
                                               void (*when_set)(void));

/* NULL is allowed. */
void anonid_clock_watch_stop(anonid_clock_watch_t *watch);

#endif
