/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that wait, run and have run; see program_queue.h.
 */
#include "module/supervisor/program_queue.h"
#include "module/supervisor/forkguard.h"
#include "module/supervisor/reaper.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define RUNNING_MAX 8
#define RETRY_MIN apr_time_from_sec(2)

/* A minder that is silent for that much longer than a program may run. */
#define GRACE apr_time_from_sec(5)

struct anonid_queued_t {
    void *owner;
    char **argv;
    char *environment[4];
    int wanted;
    pid_t minder;    /* -1: it does not run */
    uint32_t number; /* of the run */
    apr_time_t started;
    apr_time_t next; /* 0: it was never run */
    int failures;    /* in a row */
};

struct anonid_program_queue_t {
    apr_array_header_t *all; /* anonid_queued_t * */
    int running;
    int receive; /* -1: no reports yet, or no more */
    int send;
    int closed;
};

anonid_program_queue_t *anonid_program_queue_make(apr_pool_t *pool)
{
    anonid_program_queue_t *queue = apr_pcalloc(pool, sizeof(*queue));

    queue->all = apr_array_make(pool, 2, sizeof(anonid_queued_t *));
    queue->receive = queue->send = -1;
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
    queued->minder = -1;
    APR_ARRAY_PUSH(queue->all, anonid_queued_t *) = queued;
    return queued;
}

void anonid_program_queue_want(anonid_queued_t *queued)
{
    queued->wanted = queued->minder < 0;
}

int anonid_program_queue_due(const anonid_queued_t *queued, apr_time_t now)
{
    return queued->minder < 0 && now >= queued->next;
}

int anonid_program_queue_fd(const anonid_program_queue_t *queue)
{
    return queue->receive;
}

/* The first program is what makes the socket. */
static int open_reports(anonid_program_queue_t *queue)
{
    int is_open;

    if (queue->receive >= 0)
        return 1;
    if (queue->closed)
        return 0;
    anonid_forkguard_lock();
    is_open =
        anonid_program_reports(&queue->receive, &queue->send) == APR_SUCCESS;
    if (is_open) {
        (void)anonid_forkguard_add(queue->receive);
        (void)anonid_forkguard_add(queue->send);
    }
    anonid_forkguard_unlock();
    return is_open;
}

static void start(anonid_program_queue_t *queue, anonid_queued_t *queued,
                  apr_time_t now)
{
    static uint32_t last_number;

    queued->number = ++last_number;
    queued->started = now;
    queued->minder = anonid_reaper_start(queued->argv, queued->environment,
                                         queued->number, queue->send);
    if (queued->minder < 0)
        return; /* it stays wanted */
    queued->wanted = 0;
    queue->running++;
}

void anonid_program_queue_start(anonid_program_queue_t *queue, apr_time_t now)
{
    for (int i = 0; i < queue->all->nelts && queue->running < RUNNING_MAX;
         i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->wanted && open_reports(queue))
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
    anonid_program_end(queued->minder);
    queued->minder = -1;
    queued->next = now + pause_after(queued, good);
    queue->running--;
    return queued->owner;
}

/* The run that a report is about; NULL if it is given up already. */
static anonid_queued_t *find(const anonid_program_queue_t *queue,
                             uint32_t number)
{
    for (int i = 0; i < queue->all->nelts; i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->minder >= 0 && queued->number == number)
            return queued;
    }
    return NULL;
}

/* A run whose minder died, or hangs. */
static anonid_queued_t *find_lost(const anonid_program_queue_t *queue,
                                  apr_time_t now)
{
    for (int i = 0; i < queue->all->nelts; i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->minder >= 0
            && now > queued->started + ANONID_PROGRAM_TIMEOUT + GRACE)
            return queued;
    }
    return NULL;
}

void *anonid_program_queue_next(anonid_program_queue_t *queue, apr_time_t now,
                                anonid_program_report_t *report, int *fd)
{
    anonid_queued_t *queued;

    *fd = -1;
    if (queue->receive < 0)
        return NULL;
    while (anonid_program_next(queue->receive, report, fd)) {
        queued = find(queue, report->number);
        if (queued)
            return finish(queue, queued, now,
                          report->end == ANONID_PROGRAM_PRINTED);
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
    }
    queued = find_lost(queue, now);
    if (!queued)
        return NULL;
    report->number = queued->number;
    report->end = ANONID_PROGRAM_FAILED;
    report->value = ECHILD;
    (void)kill(queued->minder, SIGKILL);
    return finish(queue, queued, now, 0);
}

static void close_reports(anonid_program_queue_t *queue)
{
    if (queue->receive < 0)
        return;
    anonid_forkguard_lock();
    anonid_forkguard_remove(queue->receive);
    anonid_forkguard_remove(queue->send);
    close(queue->receive);
    close(queue->send);
    queue->receive = queue->send = -1;
    anonid_forkguard_unlock();
}

void anonid_program_queue_close(anonid_program_queue_t *queue)
{
    queue->closed = 1;
    for (int i = 0; i < queue->all->nelts; i++) {
        anonid_queued_t *queued =
            APR_ARRAY_IDX(queue->all, i, anonid_queued_t *);

        if (queued->minder >= 0)
            anonid_program_end(queued->minder);
        queued->minder = -1;
        queued->wanted = 0;
    }
    queue->running = 0;
    close_reports(queue);
}
