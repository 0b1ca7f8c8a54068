/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job queues; see job_queue.h.
 */
#include "agent/base/job_queue.h"

#include <stdlib.h>
#include <string.h>

/* Lives while it has jobs, waiting or running. */
struct anonid_job_queue_t {
    anonid_job_queue_t *next;
    anonid_job_t *first; /* that waits */
    anonid_job_t *last;
    int running;
    char name[]; /* "": of the jobs that wait for nobody */
};

/* ---- the list ---- */

static void append(anonid_job_queues_t *queues, anonid_job_queue_t *queue)
{
    queue->next = NULL;
    if (queues->last)
        queues->last->next = queue;
    else
        queues->first = queue;
    queues->last = queue;
}

static void unlink_queue(anonid_job_queues_t *queues,
                         const anonid_job_queue_t *queue)
{
    anonid_job_queue_t *before = NULL;

    for (anonid_job_queue_t *at = queues->first; at != queue; at = at->next)
        before = at;
    if (before)
        before->next = queue->next;
    else
        queues->first = queue->next;
    if (queues->last == queue)
        queues->last = before;
}

static anonid_job_queue_t *find(const anonid_job_queues_t *queues,
                                const char *name)
{
    anonid_job_queue_t *queue = queues->first;

    while (queue && strcmp(queue->name, name) != 0)
        queue = queue->next;
    return queue;
}

static anonid_job_queue_t *find_or_make(anonid_job_queues_t *queues,
                                        const char *name)
{
    size_t size = strlen(name) + 1;
    anonid_job_queue_t *queue = find(queues, name);

    if (queue)
        return queue;
    queue = calloc(1, sizeof(*queue) + size);
    if (!queue)
        return NULL;
    memcpy(queue->name, name, size);
    append(queues, queue);
    return queue;
}

/* ---- jobs ---- */

int anonid_job_queues_add(anonid_job_queues_t *queues, const char *name,
                          anonid_job_t *job)
{
    anonid_job_queue_t *queue = find_or_make(queues, name ? name : "");

    if (!queue)
        return 0;
    job->queue = queue;
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    return 1;
}

static int may_run(const anonid_job_queues_t *queues,
                   const anonid_job_queue_t *queue)
{
    return queue->first && (!queue->name[0] || queue->running < queues->most);
}

anonid_job_t *anonid_job_queues_take(anonid_job_queues_t *queues)
{
    anonid_job_queue_t *queue = queues->first;
    anonid_job_t *job;

    while (queue && !may_run(queues, queue))
        queue = queue->next;
    if (!queue)
        return NULL;
    job = queue->first;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    queue->running++;
    unlink_queue(queues, queue);
    append(queues, queue);
    return job;
}

void anonid_job_queues_ended(anonid_job_queues_t *queues, anonid_job_t *job)
{
    anonid_job_queue_t *queue = job->queue;

    job->queue = NULL;
    if (--queue->running > 0 || queue->first)
        return;
    unlink_queue(queues, queue);
    free(queue);
}
