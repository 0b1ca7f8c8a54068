/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that wait, run and have run; see program_queue.h.
 */
#include "module/supervisor/program_queue.h"

#include <apr_strings.h>
#include <apr_tables.h>

#define RUNNING_MAX 8
#define RETRY_MIN apr_time_from_sec(2)

struct anonid_queued_t {
    void *owner;
    char **argv;
    char *environment[4];
    int wanted;
    int runs;
    anonid_program_t run;
    apr_time_t started;
    apr_time_t next; /* 0: it was never run */
    int failures;    /* in a row */
};

struct anonid_program_queue_t {
    apr_array_header_t *all; /* anonid_queued_t * */
    int running;
    int closed;
};

anonid_program_queue_t *anonid_program_queue_make(apr_pool_t *pool)
{
    anonid_program_queue_t *queue = apr_pcalloc(pool, sizeof(*queue));

    queue->all = apr_array_make(pool, 2, sizeof(anonid_queued_t *));
    return queue;
}

anonid_queued_t *anonid_program_queue_add(anonid_program_queue_t *queue,
                                          const char *command,
                                          const char *account, void *owner)
{
    apr_pool_t *pool = queue->all->pool;
    anonid_queued_t *queued = apr_pcalloc(pool, sizeof(*queued));

    (void)apr_tokenize_to_argv(command, &queued->argv, pool);
    queued->environment[0] = apr_pstrdup(
        pool, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
              "/bin");
    queued->environment[1] = apr_pstrdup(pool, "LC_ALL=C");
    queued->environment[2] =
        apr_pstrcat(pool, "ANONID_ACCOUNT=", account, NULL);
    queued->owner = owner;
    APR_ARRAY_PUSH(queue->all, anonid_queued_t *) = queued;
    return queued;
}

void anonid_program_queue_want(anonid_queued_t *queued)
{
    queued->wanted = !queued->runs;
}

int anonid_program_queue_due(const anonid_queued_t *queued, apr_time_t now)
{
    return !queued->runs && now >= queued->next;
}

int anonid_program_queue_runs(const anonid_program_queue_t *queue)
{
    return queue->running > 0;
}

static void start(anonid_program_queue_t *queue, anonid_queued_t *queued,
                  apr_time_t now)
{
    anonid_program_start(&queued->run, queued->argv, queued->environment);
    queued->runs = 1;
    queued->wanted = 0;
    queued->started = now;
    queue->running++;
}

void anonid_program_queue_start(anonid_program_queue_t *queue, apr_time_t now)
{
    for (int i = 0; i < queue->all->nelts && queue->running < RUNNING_MAX;
         i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->wanted && !queue->closed)
            start(queue, queued, now);
    }
}

static apr_interval_time_t pause_after(anonid_queued_t *queued, int good)
{
    apr_interval_time_t pause = RETRY_MIN;

    if (good) {
        queued->failures = 0;
        return ANONID_PROGRAM_INTERVAL;
    }
    for (int i = 0; i < queued->failures; i++)
        pause = pause < ANONID_PROGRAM_INTERVAL ? pause * 2 : pause;
    queued->failures++;
    return pause < ANONID_PROGRAM_INTERVAL ? pause : ANONID_PROGRAM_INTERVAL;
}

static void *finish(anonid_program_queue_t *queue, anonid_queued_t *queued,
                    apr_time_t now, int good)
{
    queued->runs = 0;
    queued->next = now + pause_after(queued, good);
    queue->running--;
    return queued->owner;
}

void *anonid_program_queue_next(anonid_program_queue_t *queue, apr_time_t now,
                                anonid_program_report_t *report, int *fd)
{
    *fd = -1;
    for (int i = 0; i < queue->all->nelts && queue->running > 0; i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);
        int overdue = now > queued->started + ANONID_PROGRAM_TIMEOUT;

        if (queued->runs
            && anonid_program_ended(&queued->run, overdue, report, fd))
            return finish(queue, queued, now,
                          report->end == ANONID_PROGRAM_PRINTED);
    }
    return NULL;
}

void anonid_program_queue_close(anonid_program_queue_t *queue)
{
    queue->closed = 1;
    for (int i = 0; i < queue->all->nelts; i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->runs)
            anonid_program_kill(&queued->run);
        queued->runs = 0;
        queued->wanted = 0;
    }
    queue->running = 0;
}
