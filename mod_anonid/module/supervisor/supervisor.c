/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a supervisor as httpd's parent sees it; see supervisor.h.
 */
#include "module/supervisor/supervisor.h"
#include "module/supervisor/handover.h"
#include "module/supervisor/loop.h"

#include "common/monotonic.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* For a start, with an agent that hangs and is replaced. */
#define START_TIMEOUT apr_time_from_sec(25)

/* For the end of a supervisor, if it does not hang; of an agent, that has to
 * end as well; and of a process that was killed, which on a busy machine waits
 * for its turn to end, and is a stranger to httpd (AH00488) if it is late. */
#define LEAVE_TIMEOUT apr_time_from_sec(1)
#define END_TIMEOUT apr_time_from_sec(15)
#define KILL_TIMEOUT apr_time_from_sec(1)

#define LOOK_INTERVAL apr_time_from_msec(2)

/* A supervisor that dies sooner than this is started again after a delay. */
#define EARLY apr_time_from_sec(30)
#define DELAY_MIN apr_time_from_sec(1)
#define DELAY_MAX apr_time_from_sec(60)

/* Of this configuration. */
static struct {
    apr_proc_t proc; /* pid 0: none runs */
    server_rec *server;
    apr_pool_t *pool;
    apr_time_t started;
    apr_interval_time_t delay;
    int is_up; /* it has said UP */
    int is_ending;
    char failed[ANONID_HANDOVER_TEXT]; /* "": it has not said FAILED */
} supervisor;

/* ---- what it hands over ---- */

static void close_fds(anonid_handover_t *message)
{
    for (int i = 0; i < ANONID_HANDOVER_FDS; i++) {
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    }
}

static void take_agent(anonid_retained_t *retained,
                       const anonid_handover_t *message)
{
    anonid_retained_close_fd(retained, ANONID_FD_LIFELINE);
    anonid_retained_close_fd(retained, ANONID_FD_ERRORS);
    anonid_retained_set_fd(retained, ANONID_FD_LIFELINE, message->fds[0]);
    anonid_retained_set_fd(retained, ANONID_FD_ERRORS, message->fds[1]);
    retained->process = message->process;
    retained->process.is_child = 0;
    retained->process.lifeline = -1;
    retained->process.errors = message->fds[1];
}

static void take(anonid_retained_t *retained, anonid_handover_t *message)
{
    if (message->kind == ANONID_HANDOVER_AGENT) {
        take_agent(retained, message);
        return;
    }
    if (message->kind == ANONID_HANDOVER_LOCK && message->fds[0] >= 0) {
        anonid_account_locks_inherit(retained->locks, message->text,
                                     message->fds[0]);
        return;
    }
    close_fds(message);
    supervisor.is_up |= message->kind == ANONID_HANDOVER_UP;
    supervisor.is_ending |= message->kind == ANONID_HANDOVER_ENDING;
    if (message->kind == ANONID_HANDOVER_FAILED)
        memcpy(supervisor.failed, message->text, sizeof(supervisor.failed));
}

/* APR_EAGAIN when all was taken, APR_EOF when the supervisor is gone. */
static apr_status_t collect(anonid_retained_t *retained)
{
    int fd = anonid_retained_fd(retained, ANONID_FD_HANDOVER);
    anonid_handover_t message;
    apr_status_t rv;

    if (fd < 0)
        return APR_EOF;
    for (;;) {
        rv = anonid_handover_receive(fd, &message);
        if (rv != APR_SUCCESS)
            return rv;
        take(retained, &message);
    }
}

void anonid_supervisor_collect(anonid_retained_t *retained)
{
    (void)collect(retained);
}

/* Waits until *said is set: APR_SUCCESS; APR_EOF when the supervisor is gone,
 * APR_TIMEUP. said NULL: until it is gone. */
static apr_status_t await(anonid_retained_t *retained, const int *said,
                          apr_interval_time_t timeout)
{
    apr_time_t deadline = anonid_monotonic_now() + timeout;
    struct pollfd p = { anonid_retained_fd(retained, ANONID_FD_HANDOVER),
                        POLLIN, 0 };

    for (;;) {
        apr_status_t rv = collect(retained);
        apr_interval_time_t left = deadline - anonid_monotonic_now();

        if (said && *said)
            return APR_SUCCESS;
        if (rv != APR_EAGAIN)
            return APR_EOF;
        if (left <= 0)
            return APR_TIMEUP;
        (void)poll(&p, 1, (int)(left / 1000) + 1);
    }
}

/* ---- its start ---- */

static void on_event(int reason, void *data, int status);

static void be_supervisor(anonid_retained_t *retained, int handover,
                          apr_interval_time_t delay)
{
    const anonid_supervisor_t self = { retained, supervisor.server,
                                       supervisor.pool, handover, delay };

    anonid_supervisor_run(&self);
}

/* No handler of httpd's is to run in the child before it has its own. */
static pid_t fork_it(anonid_retained_t *retained, const int ends[2],
                     apr_interval_time_t delay)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    pid = anonid_retained_fork(retained);
    if (pid == 0) {
        close(ends[0]);
        be_supervisor(retained, ends[1], delay);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static apr_status_t start(anonid_retained_t *retained,
                          apr_interval_time_t delay)
{
    int ends[2];
    pid_t pid;

    anonid_retained_close_fd(retained, ANONID_FD_HANDOVER);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    retained->generation++;
    supervisor.is_up = supervisor.is_ending = 0;
    supervisor.failed[0] = '\0';
    supervisor.started = anonid_monotonic_now();
    pid = fork_it(retained, ends, delay);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return errno;
    }
    anonid_retained_set_fd(retained, ANONID_FD_HANDOVER, ends[0]);
    supervisor.proc.pid = pid;
    apr_proc_other_child_register(&supervisor.proc, on_event, retained, NULL,
                                  supervisor.pool);
    return APR_SUCCESS;
}

/* ---- its death ---- */

static int httpd_is_stopping(void)
{
    int state;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) != APR_SUCCESS
           || state == AP_MPMQ_STOPPING;
}

static apr_interval_time_t next_delay(void)
{
    if (anonid_monotonic_now() - supervisor.started > EARLY)
        return 0;
    if (supervisor.delay == 0)
        return DELAY_MIN;
    return supervisor.delay < DELAY_MAX ? supervisor.delay * 2 : DELAY_MAX;
}

/* httpd's main loop, which reaps every child, has reaped the supervisor. */
static void on_event(int reason, void *data, int status)
{
    anonid_retained_t *retained = data;

    (void)status;
    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST)
        return;
    supervisor.proc.pid = 0;
    apr_proc_other_child_unregister(retained);
    if (httpd_is_stopping())
        return;
    anonid_supervisor_collect(retained);
    (void)start(retained, supervisor.delay);
    supervisor.delay = next_delay();
}

const char *anonid_supervisor_start(anonid_retained_t *retained, server_rec *s,
                                    apr_pool_t *pconf, apr_pool_t *pool)
{
    char reason[128];
    apr_status_t rv;

    supervisor.server = s;
    supervisor.pool = pconf;
    supervisor.delay = 0;
    rv = start(retained, 0);
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "cannot fork: %s",
                            apr_strerror(rv, reason, sizeof(reason)));
    rv = await(retained, &supervisor.is_up, START_TIMEOUT);
    if (rv == APR_SUCCESS)
        return NULL;
    if (supervisor.failed[0])
        return apr_pstrdup(pool, supervisor.failed);
    return rv == APR_TIMEUP ? "its supervisor hangs"
                            : "its supervisor has died";
}

/* ---- its end ---- */

static int reap(pid_t pid)
{
    apr_time_t deadline = anonid_monotonic_now() + KILL_TIMEOUT;

    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (anonid_monotonic_now() >= deadline)
            return 0;
        apr_sleep(LOOK_INTERVAL);
    }
    return 1;
}

/* Waits for the end of it. One that sleeps in the kernel for good cannot even
 * be killed, and is left alone: it ends as soon as it wakes up. */
static void finish(anonid_retained_t *retained, apr_interval_time_t timeout)
{
    pid_t pid = supervisor.proc.pid;
    int is_gone = await(retained, NULL, timeout) == APR_EOF;

    if (!is_gone || !reap(pid)) {
        (void)kill(pid, SIGKILL);
        (void)reap(pid);
    }
    (void)collect(retained);
    anonid_retained_close_fd(retained, ANONID_FD_HANDOVER);
}

void anonid_supervisor_leave(anonid_retained_t *retained)
{
    if (supervisor.proc.pid == 0)
        return;
    apr_proc_other_child_unregister(retained);
    (void)kill(supervisor.proc.pid, SIGTERM);
    finish(retained, LEAVE_TIMEOUT);
    supervisor.proc.pid = 0;
}

static void ask_to_end(anonid_retained_t *retained)
{
    int fd = anonid_retained_fd(retained, ANONID_FD_HANDOVER);
    anonid_handover_t message;
    apr_status_t rv;

    anonid_handover_begin(&message, ANONID_HANDOVER_END, NULL);
    (void)anonid_handover_send(fd, &message);
    rv = await(retained, &supervisor.is_ending, LEAVE_TIMEOUT);
    finish(retained, rv == APR_TIMEUP ? 0 : END_TIMEOUT);
}

void anonid_supervisor_end(anonid_retained_t *retained)
{
    int lifeline;

    if (supervisor.proc.pid > 0) {
        apr_proc_other_child_unregister(retained);
        ask_to_end(retained);
        supervisor.proc.pid = 0;
    }
    lifeline = anonid_retained_fd(retained, ANONID_FD_LIFELINE);
    if (lifeline < 0)
        return;
    (void)shutdown(lifeline, SHUT_RDWR); /* whoever else has it open */
    (void)anonid_process_wait(&retained->process, LEAVE_TIMEOUT);
    anonid_retained_close_fd(retained, ANONID_FD_LIFELINE);
    anonid_retained_close_fd(retained, ANONID_FD_ERRORS);
    anonid_process_clear(&retained->process);
}
