/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that wait for a thread, in queues.
 *
 * Jobs that wait for the same server share a queue. Queues take turns, and
 * only so many jobs of one queue run at once: a server that hangs then holds a
 * few threads and not all of them. Jobs without a queue wait for nobody; they
 * have their turn, too, and no limit.
 *
 * Knows no thread; who uses it locks it.
 */
#ifndef ANONID_AGENT_BASE_JOB_QUEUE_H
#define ANONID_AGENT_BASE_JOB_QUEUE_H

#include "agent/base/thread_pool.h"

typedef struct anonid_job_queue_t anonid_job_queue_t;

typedef struct anonid_job_t {
    struct anonid_job_t *next;
    anonid_work_t work;
    anonid_work_t done;
    void *data;
    anonid_job_queue_t *queue; /* from being added to having ended */
} anonid_job_t;

/* There are as many queues as there are servers that somebody waits for: few,
 * so a list will do. In the order of their turns. */
typedef struct {
    anonid_job_queue_t *first;
    anonid_job_queue_t *last;
    int most; /* jobs of one queue that run at once */
} anonid_job_queues_t;

/* Adds a job; queue NULL: it has none. 1, or 0 if there is no memory. */
int anonid_job_queues_add(anonid_job_queues_t *queues, const char *queue,
                          anonid_job_t *job);

/* Takes the job that may run next; NULL: there is none now. */
anonid_job_t *anonid_job_queues_take(anonid_job_queues_t *queues);

/* A job that was taken has ended. At most one more may run because of it. */
void anonid_job_queues_ended(anonid_job_queues_t *queues, anonid_job_t *job);

#endif
