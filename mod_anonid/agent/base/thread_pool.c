/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded pool of threads; see thread_pool.h.
 *
 *   add -> [ queues ] -> a thread runs work -> [ finished ] -> loop runs done
 *
 * Queues, finished jobs and `stopping` are guarded by one lock; everything
 * else belongs to the loop's thread.
 */
#include "agent/base/thread_pool.h"
#include "agent/base/job_queue.h"
#include "agent/base/waker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

typedef struct {
    anonid_job_t *first;
    anonid_job_t *last;
} queue_t;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    anonid_job_queues_t todo;
    queue_t finished;
    int stopping;
    pthread_t *threads;
    int n_threads;
    anonid_waker_t *waker;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .wanted = PTHREAD_COND_INITIALIZER,
           .stopping = 1 };

static void push(queue_t *queue, anonid_job_t *job)
{
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static anonid_job_t *pop(queue_t *queue)
{
    anonid_job_t *job = queue->first;

    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    return job;
}

/* Waits for the next job; NULL when the pool stops. Holds the lock. */
static anonid_job_t *await_job(void)
{
    while (!pool.stopping) {
        anonid_job_t *job = anonid_job_queues_take(&pool.todo);

        if (job)
            return job;
        pthread_cond_wait(&pool.wanted, &pool.lock);
    }
    return NULL;
}

/* A job that ends may let another one of its queue run: this thread's next, or
 * that of a thread that was woken for what this one takes instead. */
static void *thread_main(void *unused)
{
    anonid_job_t *job;

    (void)unused;
    pthread_mutex_lock(&pool.lock);
    for (job = await_job(); job; job = await_job()) {
        pthread_mutex_unlock(&pool.lock);
        job->work(job->data);
        pthread_mutex_lock(&pool.lock);
        anonid_job_queues_ended(&pool.todo, job);
        push(&pool.finished, job);
        anonid_waker_wake(pool.waker);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

static void report(anonid_job_t *job)
{
    if (job->done)
        job->done(job->data);
    free(job);
}

static anonid_job_t *next_finished(void)
{
    anonid_job_t *job;

    pthread_mutex_lock(&pool.lock);
    job = pop(&pool.finished);
    pthread_mutex_unlock(&pool.lock);
    return job;
}

/* A `done` may add jobs. */
static void report_finished(void *unused)
{
    anonid_job_t *job;

    (void)unused;
    for (job = next_finished(); job; job = next_finished())
        report(job);
}

/* No thread runs any more. */
static void drop_waiting(void)
{
    anonid_job_t *job;

    for (job = anonid_job_queues_take(&pool.todo); job;
         job = anonid_job_queues_take(&pool.todo)) {
        anonid_job_queues_ended(&pool.todo, job);
        report(job);
    }
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

apr_status_t anonid_thread_pool_start(struct event_base *base, int threads,
                                      int per_queue)
{
    apr_status_t rv;

    pool.waker = anonid_waker_make(base, report_finished, NULL);
    pool.threads = calloc((size_t)threads, sizeof(*pool.threads));
    if (!pool.waker || !pool.threads) {
        anonid_thread_pool_stop();
        return APR_ENOMEM;
    }
    pool.todo.most = per_queue;
    pool.stopping = 0;
    rv = start_threads(threads);
    if (rv != APR_SUCCESS)
        anonid_thread_pool_stop();
    return rv;
}

apr_status_t anonid_thread_pool_add_to(const char *queue, anonid_work_t work,
                                       anonid_work_t done, void *data)
{
    anonid_job_t *job;
    int added;

    if (pool.stopping)
        return APR_EGENERAL;
    job = malloc(sizeof(*job));
    if (!job)
        return APR_ENOMEM;
    job->work = work;
    job->done = done;
    job->data = data;
    pthread_mutex_lock(&pool.lock);
    added = anonid_job_queues_add(&pool.todo, queue, job);
    if (added)
        pthread_cond_signal(&pool.wanted);
    pthread_mutex_unlock(&pool.lock);
    if (added)
        return APR_SUCCESS;
    free(job);
    return APR_ENOMEM;
}

apr_status_t anonid_thread_pool_add(anonid_work_t work, anonid_work_t done,
                                    void *data)
{
    return anonid_thread_pool_add_to(NULL, work, done, data);
}

void anonid_thread_pool_stop(void)
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
    report_finished(NULL);
    drop_waiting();
    anonid_waker_free(pool.waker);
    pool.waker = NULL;
}
