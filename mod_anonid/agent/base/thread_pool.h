/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded pool of threads for whatever blocks: logons, directories,
 * KDCs, name resolution, password hashing. Knows nothing of what it runs.
 */
#ifndef ANONID_AGENT_BASE_THREAD_POOL_H
#define ANONID_AGENT_BASE_THREAD_POOL_H

#include <apr_errno.h>

struct event_base;

/* `work` runs on a pool thread; afterwards `done` runs on the event loop's
 * thread with the same data. done may be NULL. */
typedef void (*anonid_work_t)(void *data);

/* Starts `threads` threads that report back to `base`; `per_queue` of them may
 * run jobs of one queue at once. */
apr_status_t anonid_thread_pool_start(struct event_base *base, int threads,
                                      int per_queue);

/* Adds a job to the queue of that name, which is copied: of what it may have
 * to wait for, a server or a realm. Jobs of one queue run in order of arrival.
 * Called from the loop's thread only. APR_ENOMEM, or APR_EGENERAL when
 * stopped. */
apr_status_t anonid_thread_pool_add_to(const char *queue, anonid_work_t work,
                                       anonid_work_t done, void *data);

/* Adds a job that waits for nobody for long: in no queue. */
apr_status_t anonid_thread_pool_add(anonid_work_t work, anonid_work_t done,
                                    void *data);

/* Waits for the running jobs, drops the queued ones (their `done` is called
 * on the spot so that nothing leaks). */
void anonid_thread_pool_stop(void);

#endif
