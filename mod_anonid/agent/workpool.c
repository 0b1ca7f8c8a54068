/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded pool of threads; see workpool.h.
 *
 *   add -> [ todo ] -> a thread runs work -> [ finished ] -> loop runs done
 *
 * Both queues and `stopping` are guarded by one lock; everything else belongs
 * to the loop's thread.
 */
#include "workpool.h"
#include "waker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

typedef struct job_t {
    struct job_t *next;
    anonid_work_t work;
    anonid_work_t done;
    void *data;
} job_t;

typedef struct {
    job_t *first;
    job_t *last;
} queue_t;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    queue_t todo;
    queue_t finished;
    int stopping;
    pthread_t *threads;
    int n_threads;
    anonid_waker_t *waker;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .wanted = PTHREAD_COND_INITIALIZER,
           .stopping = 1 };

static void push(queue_t *queue, job_t *job)
{
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static job_t *pop(queue_t *queue)
{
    job_t *job = queue->first;

    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    return job;
}

/* Waits for the next job; NULL when the pool stops. Holds the lock. */
static job_t *await_job(void)
{
    while (!pool.stopping && !pool.todo.first)
        pthread_cond_wait(&pool.wanted, &pool.lock);
    return pool.stopping ? NULL : pop(&pool.todo);
}

static void *thread_main(void *unused)
{
    job_t *job;

    (void)unused;
    pthread_mutex_lock(&pool.lock);
    for (job = await_job(); job; job = await_job()) {
        pthread_mutex_unlock(&pool.lock);
        job->work(job->data);
        pthread_mutex_lock(&pool.lock);
        push(&pool.finished, job);
        anonid_waker_wake(pool.waker);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

static job_t *next_of(queue_t *queue)
{
    job_t *job;

    pthread_mutex_lock(&pool.lock);
    job = pop(queue);
    pthread_mutex_unlock(&pool.lock);
    return job;
}

/* Reports every job of a queue. A `done` may add jobs. */
static void report(queue_t *queue)
{
    for (job_t *job = next_of(queue); job; job = next_of(queue)) {
        if (job->done)
            job->done(job->data);
        free(job);
    }
}

static void report_finished(void *unused)
{
    (void)unused;
    report(&pool.finished);
}

/* Signals are the main thread's business, so the pool's threads block all. */
static apr_status_t start_threads(int threads)
{
    sigset_t all, before;
    int rv = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (rv == 0 && pool.n_threads < threads) {
        rv = pthread_create(&pool.threads[pool.n_threads], NULL, thread_main,
                            NULL);
        if (rv == 0)
            pool.n_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rv;
}

apr_status_t anonid_workpool_start(struct event_base *base, int threads)
{
    apr_status_t rv;

    pool.waker = anonid_waker_make(base, report_finished, NULL);
    pool.threads = calloc((size_t)threads, sizeof(*pool.threads));
    if (!pool.waker || !pool.threads) {
        anonid_workpool_stop();
        return APR_ENOMEM;
    }
    pool.stopping = 0;
    rv = start_threads(threads);
    if (rv != APR_SUCCESS)
        anonid_workpool_stop();
    return rv;
}

apr_status_t anonid_workpool_add(anonid_work_t work, anonid_work_t done,
                                 void *data)
{
    job_t *job;

    if (pool.stopping)
        return APR_EGENERAL;
    job = malloc(sizeof(*job));
    if (!job)
        return APR_ENOMEM;
    job->work = work;
    job->done = done;
    job->data = data;
    pthread_mutex_lock(&pool.lock);
    push(&pool.todo, job);
    pthread_cond_signal(&pool.wanted);
    pthread_mutex_unlock(&pool.lock);
    return APR_SUCCESS;
}

void anonid_workpool_stop(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.stopping = 1;
    pthread_cond_broadcast(&pool.wanted);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < pool.n_threads; i++)
        pthread_join(pool.threads[i], NULL);
    free(pool.threads);
    pool.threads = NULL;
    pool.n_threads = 0;
    report(&pool.finished);
    report(&pool.todo);
    anonid_waker_free(pool.waker);
    pool.waker = NULL;
}
