/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's process; see loop.h.
 */
#include "module/supervisor/loop.h"
#include "module/supervisor/account_writer.h"
#include "module/supervisor/agent_process.h"
#include "module/supervisor/handover.h"
#include "module/supervisor/report.h"

#include "common/lognos.h"
#include "common/monotonic.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_log.h>
#include <inttypes.h>
#include <scoreboard.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* How long after its agent the end of httpd's parent may be seen. */
#define PARENT_END apr_time_from_msec(200)

/* How long to wait before an agent that died is started anew: doubling, and
 * back to the shortest after one that lived for a while. */
#define DELAY_MIN apr_time_from_sec(2)
#define DELAY_MAX apr_time_from_sec(60)
#define LIVED_A_WHILE apr_time_from_sec(120)

static struct {
    anonid_control_channel_t talk;
    apr_time_t next_look;  /* at the sources */
    apr_time_t next_start; /* of an agent, while none runs */
    apr_time_t started;    /* the agent that runs */
    int expected;          /* that agent has not been ready yet */
    apr_interval_time_t delay;
} loop;

/* ---- what is told ---- */

static void tell_parent(anonid_handover_kind_t kind, const char *text)
{
    anonid_handover_t message;

    anonid_handover_begin(&message, kind, text);
    (void)anonid_handover_send(loop.talk.handover, &message);
}

static void plan_start(apr_time_t now)
{
    if (now - loop.started > LIVED_A_WHILE)
        loop.delay = 0;
    loop.delay = loop.delay == 0 ? DELAY_MIN : loop.delay * 2;
    if (loop.delay > DELAY_MAX)
        loop.delay = DELAY_MAX;
    loop.next_start = now + loop.delay;
}

static void report_loss(const char *what)
{
    const anonid_settings_t *settings = &loop.talk.retained->settings;

    plan_start(anonid_monotonic_now());
    anonid_report_absence(loop.talk.server, settings->state_dir,
                          ANONID_LOGNO(0012) "The agent %s is not running: "
                                             "%s. No mail is sent until it "
                                             "does; it is started again in "
                                             "%d s.",
                          settings->program, what,
                          (int)apr_time_sec(loop.delay));
}

/* A refused configuration is not worth a restart: the agent goes on with
 * what it had, or waits for a better one. */
static void report_refusal(void)
{
    if (!loop.talk.refused)
        return;
    loop.talk.refused = 0;
    anonid_report(loop.talk.server, APLOG_ERR,
                  ANONID_LOGNO(0014) "The agent refused the configuration: "
                                     "%s",
                  loop.talk.said);
}

/* ---- an agent that is started again ---- */

static void pass_sources(void)
{
    apr_status_t rv =
        anonid_sources_pass_all(loop.talk.sources, &loop.talk.agent);

    loop.next_look = anonid_monotonic_now() + ANONID_SOURCES_INTERVAL;
    if (rv == APR_SUCCESS)
        return;
    report_loss(anonid_agent_lost(&loop.talk, rv, loop.talk.scratch));
    apr_pool_clear(loop.talk.scratch);
}

static void start_agent(void)
{
    const char *error;

    loop.started = anonid_monotonic_now();
    loop.expected = 1;
    error = anonid_agent_start(&loop.talk, loop.talk.scratch);
    if (error)
        report_loss(error);
    apr_pool_clear(loop.talk.scratch);
    if (!error)
        pass_sources();
}

/* Whether an agent that was started again gets ready in time. */
static apr_status_t expect_ready(void)
{
    if (!loop.expected)
        return APR_SUCCESS;
    if (!loop.talk.ready)
        return anonid_monotonic_now() - loop.started
                       > ANONID_AGENT_START_TIMEOUT
                   ? APR_TIMEUP
                   : APR_SUCCESS;
    loop.expected = 0;
    anonid_report(loop.talk.server, APLOG_NOTICE,
                  ANONID_LOGNO(0013) "The agent %s was started again, pid "
                                     "%ld.",
                  loop.talk.retained->settings.program,
                  (long)loop.talk.retained->process.pid);
    return APR_SUCCESS;
}

/* ---- the agent at the supervisor's start ---- */

/* The agent that was there, with this configuration; or none. */
static void adopt_agent(void)
{
    const anonid_settings_t *settings = &loop.talk.retained->settings;
    const anonid_process_t *process = &loop.talk.retained->process;
    const char *error = anonid_agent_adopt(&loop.talk, loop.talk.scratch);

    if (!error && anonid_agent_is_outdated(&loop.talk)) {
        anonid_report(loop.talk.server, APLOG_NOTICE,
                      ANONID_LOGNO(0017) "The program %s is another one than "
                                         "the agent, pid %ld, was started "
                                         "from: the agent is replaced.",
                      settings->program, (long)process->pid);
        (void)anonid_agent_end(&loop.talk, ANONID_AGENT_END_TIMEOUT,
                               loop.talk.scratch);
        return;
    }
    if (!error)
        error = anonid_agent_await(&loop.talk, loop.talk.scratch);
    if (error)
        anonid_report_absence(loop.talk.server, settings->state_dir,
                              ANONID_LOGNO(0012) "The agent %s is not "
                                                 "running: %s. It is started "
                                                 "again.",
                              settings->program, error);
}

static const char *bring_up(void)
{
    const char *error;

    if (anonid_agent_runs(&loop.talk))
        adopt_agent();
    if (anonid_agent_runs(&loop.talk) || loop.talk.wish != ANONID_STAY)
        return NULL;
    error = anonid_agent_start(&loop.talk, loop.talk.scratch);
    return error ? error : anonid_agent_await(&loop.talk, loop.talk.scratch);
}

static const char *create_account_files(void)
{
    apr_pool_t *pool = loop.talk.scratch;
    apr_array_header_t *created = apr_array_make(pool, 1, sizeof(char *));
    const char *error = anonid_account_writer_create(
        loop.talk.config->accounts, created, pool);

    for (int i = 0; i < created->nelts; i++)
        anonid_report(loop.talk.server, APLOG_NOTICE,
                      ANONID_LOGNO(0015) "The account file %s was not there "
                                         "and has been created.",
                      APR_ARRAY_IDX(created, i, const char *));
    return error;
}

/* At httpd's start whatever goes wrong is an error, and nothing is left
 * behind. */
static void begin_first(void)
{
    const char *error = create_account_files();

    if (!error)
        error = bring_up();
    if (error) {
        tell_parent(ANONID_HANDOVER_FAILED, error);
        _exit(1);
    }
    tell_parent(ANONID_HANDOVER_UP, NULL);
}

/* At a restart a running web site is neither ended nor kept waiting: nothing
 * is looked at that may hang before the parent goes on. */
static void begin_again(void)
{
    const char *error = bring_up();

    if (error)
        report_loss(error);
    tell_parent(ANONID_HANDOVER_UP, NULL);
    error = create_account_files();
    if (error)
        anonid_report(loop.talk.server, APLOG_ERR,
                      ANONID_LOGNO(0018) "An account file is missing: %s",
                      error);
}

static void begin(void)
{
    loop.started = anonid_monotonic_now();
    if (loop.talk.retained->was_ready)
        begin_again();
    else
        begin_first();
    apr_pool_clear(loop.talk.scratch);
    if (loop.talk.agent.fd >= 0 && loop.talk.wish == ANONID_STAY)
        pass_sources();
}

/* ---- turns ---- */

static apr_interval_time_t until(apr_time_t then)
{
    apr_interval_time_t left = then - anonid_monotonic_now();

    return left > 0 ? left : 0;
}

/* The agent of an httpd that was killed ends by itself, and may do so before
 * the end of httpd is seen here. */
static void lose_agent(apr_status_t rv)
{
    const char *what = anonid_agent_lost(&loop.talk, rv, loop.talk.scratch);

    (void)anonid_control_channel_step(&loop.talk, PARENT_END);
    if (loop.talk.wish != ANONID_END)
        report_loss(what);
    apr_pool_clear(loop.talk.scratch);
}

/* One turn while an agent runs. */
static void attend(void)
{
    anonid_control_channel_t *talk = &loop.talk;
    apr_status_t rv = anonid_control_channel_step(talk, until(loop.next_look));

    if (rv == APR_SUCCESS && until(loop.next_look) == 0) {
        loop.next_look = anonid_monotonic_now() + ANONID_SOURCES_INTERVAL;
        rv = anonid_sources_pass_changed(talk->sources, &talk->agent);
    }
    report_refusal();
    if (rv == APR_SUCCESS)
        rv = expect_ready();
    if (rv == APR_SUCCESS || talk->wish == ANONID_END)
        return;
    lose_agent(rv);
}

/* One turn while none does. */
static void miss(void)
{
    if (until(loop.next_start) == 0)
        start_agent();
    else
        (void)anonid_control_channel_step(&loop.talk, until(loop.next_start));
}

/* ---- the process ---- */

static void on_terminate(int signal)
{
    (void)signal;
    if (loop.talk.wish == ANONID_STAY)
        loop.talk.wish = ANONID_LEAVE;
}

static void on_child(int signal)
{
    (void)signal; /* it only has to interrupt the waiting */
}

static void handle(int signal, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    (void)sigaction(signal, &action, NULL);
}

/* httpd's handlers must not run here. SIGTERM and SIGCHLD come while the
 * supervisor waits, and at no other moment. */
static void take_signals(void)
{
    static const int ignored[] = { SIGHUP,  SIGINT,  SIGPIPE, SIGUSR1,
                                   SIGUSR2, SIGQUIT, SIGWINCH };
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    for (int i = 1; i < NSIG; i++)
        handle(i, SIG_DFL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        handle(ignored[i], SIG_IGN);
    handle(SIGTERM, on_terminate);
    handle(SIGCHLD, on_child);
    sigemptyset(&loop.talk.awake);
}

/* A lock file outlives the supervisor that has opened it. */
static void hand_over_lock(void *context, const char *path, int fd)
{
    const anonid_control_channel_t *talk = context;
    anonid_handover_t message;

    anonid_handover_begin(&message, ANONID_HANDOVER_LOCK, path);
    message.fds[0] = fd;
    (void)anonid_handover_send(talk->handover, &message);
}

typedef struct {
    uintptr_t begin, end;
} range_t;

/* The shared mapping around that address (proc(5), maps); empty if there is
 * none. */
static range_t find_shared(uintptr_t address)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    range_t none = { 0, 0 }, range;
    char line[1024], sharing;

    if (!maps)
        return none;
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*3s%c", &range.begin,
                   &range.end, &sharing)
                == 3
            && sharing == 's' && address >= range.begin
            && address < range.end) {
            fclose(maps);
            return range;
        }
    }
    fclose(maps);
    return none;
}

/* A supervisor has no business with httpd's scoreboard. At httpd's very start
 * there is none yet. ap_cleanup_scoreboard would do too much: it removes a
 * ScoreBoardFile. */
static void drop_scoreboard(void)
{
    range_t range;

    if (!ap_scoreboard_image)
        return;
    range = find_shared((uintptr_t)ap_scoreboard_image->global);
    ap_scoreboard_image = NULL;
    if (range.end > range.begin)
        (void)munmap((void *)range.begin, range.end - range.begin);
}

/* What is httpd's alone must not be held by a supervisor that hangs. */
static void let_go(anonid_retained_t *retained)
{
    ap_close_listeners();
    drop_scoreboard();
    anonid_retained_close_fd(retained, ANONID_FD_STATE_LOCK);
    anonid_retained_close_fd(retained, ANONID_FD_HANDOVER);
}

static void settle(const anonid_supervisor_t *supervisor)
{
    anonid_retained_t *retained = supervisor->retained;

    (void)setpgid(0, 0); /* httpd signals its own group */
    (void)prctl(PR_SET_NAME, "anonid-superv");
    anonid_control_channel_begin(&loop.talk, retained, supervisor->server,
                                 supervisor->handover, supervisor->pool);
    take_signals();
    let_go(retained);
    retained->locks->opened = hand_over_lock;
    retained->locks->context = &loop.talk;
    anonid_account_locks_end_changes(retained->locks);
}

/* The workers' end and httpd's is the agent's. A successor takes the agent
 * over as it is; what it has said until now is heard. */
static void leave(void)
{
    anonid_sources_close(loop.talk.sources);
    if (loop.talk.wish == ANONID_END)
        (void)anonid_agent_end(&loop.talk, ANONID_AGENT_END_TIMEOUT,
                               loop.talk.scratch);
    else if (loop.talk.agent.fd >= 0)
        (void)anonid_control_channel_step(&loop.talk, 0);
}

void anonid_supervisor_run(const anonid_supervisor_t *supervisor)
{
    apr_time_t start = anonid_monotonic_now() + supervisor->delay;

    settle(supervisor);
    while (until(start) > 0 && loop.talk.wish == ANONID_STAY)
        (void)anonid_control_channel_step(&loop.talk, until(start));
    if (loop.talk.wish == ANONID_STAY)
        begin();
    while (loop.talk.wish == ANONID_STAY) {
        if (anonid_agent_runs(&loop.talk))
            attend();
        else
            miss();
    }
    leave();
    _exit(0);
}
