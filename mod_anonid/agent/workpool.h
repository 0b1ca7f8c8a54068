/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded pool of threads for whatever blocks: logons, directories,
 * KDCs, name resolution, password hashing. Knows nothing of what it runs.
 */
#ifndef ANONID_AGENT_WORKPOOL_H
#define ANONID_AGENT_WORKPOOL_H

#include <apr_errno.h>

struct event_base;

/* `work` runs on a pool thread; afterwards `done` runs on the event loop's
 * thread with the same data. done may be NULL. */
typedef void (*anonid_work_t)(void *data);

/* Starts `threads` threads that report back to `base`; `lane` of them may run
 * jobs of one lane at once. */
apr_status_t anonid_workpool_start(struct event_base *base, int threads,
                                   int lane);

/* Queues a job in the lane of that name, which is copied: of what it may have
 * to wait for, a server or a realm. Jobs of one lane run in order of arrival.
 * Called from the loop's thread only. APR_ENOMEM, or APR_EGENERAL when
 * stopped. */
apr_status_t anonid_workpool_add_to(const char *lane, anonid_work_t work,
                                    anonid_work_t done, void *data);

/* Queues a job that waits for nobody for long: in no lane. */
apr_status_t anonid_workpool_add(anonid_work_t work, anonid_work_t done,
                                 void *data);

/* Waits for the running jobs, drops the queued ones (their `done` is called
 * on the spot so that nothing leaks). */
void anonid_workpool_stop(void);

#endif
