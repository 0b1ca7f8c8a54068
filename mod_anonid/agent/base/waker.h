/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wakes the event loop from another thread (eventfd). Knows nothing of why.
 */
#ifndef ANONID_AGENT_BASE_WAKER_H
#define ANONID_AGENT_BASE_WAKER_H

struct event_base;

typedef struct anonid_waker_t anonid_waker_t;

/* `woken` runs on the loop's thread, once for any number of wakes since it
 * ran last. NULL if there is no memory or no descriptor. */
anonid_waker_t *anonid_waker_make(struct event_base *base,
                                  void (*woken)(void *context), void *context);

/* Any thread; never blocks. */
void anonid_waker_wake(anonid_waker_t *waker);

/* Loop's thread, when nobody can wake it any more. NULL is fine. */
void anonid_waker_free(anonid_waker_t *waker);

#endif
