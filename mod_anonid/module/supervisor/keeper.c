/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread beside the agent; see keeper.h.
 */
#include "module/supervisor/keeper.h"
#include "module/supervisor/agent_process.h"
#include "module/supervisor/forkguard.h"
#include "module/supervisor/report.h"

#include "common/lognos.h"

#include <errno.h>
#include <http_log.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* httpd's log functions take some 30 KB. */
#define STACK_SIZE (256 * 1024)

/* How long to wait before an agent that died is started anew: doubling, and
 * back to the shortest after one that lived for a while. */
#define DELAY_MIN apr_time_from_sec(2)
#define DELAY_MAX apr_time_from_sec(60)
#define LIVED_A_WHILE apr_time_from_sec(120)

/* The thread's own, but for thread, running (main thread), wake, stopping. */
static struct {
    pthread_t thread;
    int running;
    int wake;
    sem_t at_work; /* posted when the thread has the guard */
    atomic_int stopping;
    anonid_control_channel_t *talk;
    apr_time_t next_look;  /* at the sources */
    apr_time_t next_start; /* of an agent, while none runs */
    apr_time_t started;    /* the agent that runs */
    int expected;          /* that agent has not been ready yet */
    apr_interval_time_t delay;
} keeper;

static void plan_start(apr_time_t now)
{
    if (now - keeper.started > LIVED_A_WHILE)
        keeper.delay = 0;
    keeper.delay = keeper.delay == 0 ? DELAY_MIN : keeper.delay * 2;
    if (keeper.delay > DELAY_MAX)
        keeper.delay = DELAY_MAX;
    keeper.next_start = now + keeper.delay;
}

static void report_loss(const char *what)
{
    const anonid_settings_t *settings = &keeper.talk->retained->settings;

    plan_start(apr_time_now());
    anonid_report_absence(keeper.talk->server, settings->state_dir,
                          ANONID_LOGNO(0012) "The agent %s is not running: "
                                             "%s. No mail is sent until it "
                                             "does; it is started again in "
                                             "%d s.",
                          settings->program, what,
                          (int)apr_time_sec(keeper.delay));
}

static void start_agent(void)
{
    anonid_control_channel_t *talk = keeper.talk;
    const char *error;

    keeper.started = apr_time_now();
    keeper.expected = 1;
    error = anonid_agent_start(talk, talk->scratch);
    if (error)
        report_loss(error);
    apr_pool_clear(talk->scratch);
}

/* Whether an agent that the keeper has started gets ready in time. */
static apr_status_t expect_ready(anonid_control_channel_t *talk)
{
    if (!keeper.expected)
        return APR_SUCCESS;
    if (!talk->ready)
        return apr_time_now() - keeper.started > ANONID_AGENT_START_TIMEOUT
                   ? APR_TIMEUP
                   : APR_SUCCESS;
    keeper.expected = 0;
    anonid_report(talk->server, APLOG_NOTICE,
                  ANONID_LOGNO(0013) "The agent %s was started again, pid "
                                     "%ld.",
                  talk->retained->settings.program,
                  (long)talk->retained->process.proc.pid);
    return APR_SUCCESS;
}

static void lose_agent(apr_status_t rv)
{
    report_loss(anonid_agent_lost(keeper.talk, rv, keeper.talk->scratch));
    apr_pool_clear(keeper.talk->scratch);
}

/* A refused configuration is not worth a restart: the agent goes on with
 * what it had, or waits for a better one. */
static void report_refusal(anonid_control_channel_t *talk)
{
    if (!talk->refused)
        return;
    talk->refused = 0;
    anonid_report(talk->server, APLOG_ERR,
                  ANONID_LOGNO(0014) "The agent refused the configuration: "
                                     "%s",
                  talk->said);
}

static apr_interval_time_t until(apr_time_t then)
{
    apr_interval_time_t left = then - apr_time_now();

    return left > 0 ? left : 0;
}

/* One turn while an agent runs. */
static void attend(void)
{
    anonid_control_channel_t *talk = keeper.talk;
    apr_status_t rv = anonid_control_channel_step(talk, keeper.wake,
                                                  until(keeper.next_look));

    if (rv == APR_SUCCESS && until(keeper.next_look) == 0) {
        keeper.next_look = apr_time_now() + ANONID_SOURCES_INTERVAL;
        rv = anonid_sources_pass_changed(talk->sources,
                                         &talk->retained->control);
    }
    report_refusal(talk);
    if (rv == APR_SUCCESS)
        rv = expect_ready(talk);
    if (rv != APR_SUCCESS && !keeper.stopping)
        lose_agent(rv);
}

/* One turn while none does. */
static void miss(void)
{
    if (until(keeper.next_start) == 0)
        start_agent();
    else
        (void)anonid_control_channel_step(keeper.talk, keeper.wake,
                                          until(keeper.next_start));
}

static void *run(void *unused)
{
    anonid_forkguard_lock();
    sem_post(&keeper.at_work);
    while (!keeper.stopping) {
        if (anonid_agent_runs(keeper.talk->retained))
            attend();
        else
            miss();
    }
    anonid_forkguard_unlock();
    return unused;
}

/* Signals are httpd's main thread's. */
static int start_thread(void)
{
    pthread_attr_t attr;
    sigset_t all, old;
    int rv;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rv = pthread_create(&keeper.thread, &attr, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return rv;
}

apr_status_t anonid_keeper_start(anonid_control_channel_t *talk)
{
    apr_time_t now = apr_time_now();
    int rv;

    keeper.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keeper.wake < 0)
        return errno;
    anonid_retained_set_fd(talk->retained, ANONID_FD_WAKE, keeper.wake);
    keeper.talk = talk;
    keeper.stopping = 0;
    keeper.started = now;
    keeper.expected = 0;
    keeper.delay = 0;
    keeper.next_look = now + ANONID_SOURCES_INTERVAL;
    if (!anonid_agent_runs(talk->retained))
        plan_start(now);
    sem_init(&keeper.at_work, 0, 0);
    rv = start_thread();
    keeper.running = rv == 0;
    while (rv == 0 && sem_wait(&keeper.at_work) != 0)
        ; /* a signal; httpd's next fork finds the thread under the guard */
    sem_destroy(&keeper.at_work);
    if (rv != 0)
        anonid_retained_close_fd(talk->retained, ANONID_FD_WAKE);
    return rv;
}

void anonid_keeper_stop(void)
{
    const uint64_t one = 1;

    if (!keeper.running)
        return;
    keeper.running = 0;
    keeper.stopping = 1;
    (void)!write(keeper.wake, &one, sizeof(one));
    pthread_join(keeper.thread, NULL);
    anonid_retained_close_fd(keeper.talk->retained, ANONID_FD_WAKE);
}
