/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork, exec and wait for the agent; see spawn.h.
 *
 * The child waits for a word of the parent before it goes on, and reports
 * over the same socket if a step fails; exec closes it. Between fork and exec
 * it calls async-signal-safe functions only, because it is forked from a
 * process with threads.
 */
#include "module/supervisor/spawn.h"
#include "module/supervisor/forkguard.h"

#include "common/protocol.h"

#include <apr_signal.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's copies are moved out of the way of 0 to 3. */
#define FIRST_SPARE_FD 10

/* What of httpd's environment is the agent's business. */
static const char *const passed_on[] = {
    "ASAN_OPTIONS", "KRB5_CONFIG",  "LANG",          "LC_ALL", "LC_MESSAGES",
    "LSAN_OPTIONS", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ",     "UBSAN_OPTIONS",
};

#define N_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

/* Everything the child needs, made before the fork. */
typedef struct {
    const anonid_spawn_t *how;
    char *environment[N_PASSED_ON + 2];
    int folder; /* a copy of how->folder, which a forked child closes */
    int control[2];
    int errors[2];
    int start[2];
} launch_t;

typedef enum {
    STEP_DESCRIPTORS,
    STEP_FOLDER,
    STEP_GROUPS,
    STEP_GID,
    STEP_UID,
    STEP_EXEC
} step_t;

static const char *const step_names[] = {
    "prepare its descriptors", "enter its folder", "drop its groups",
    "set its group",           "set its user",     "execute it"
};

typedef struct {
    int step;
    int error;
} failed_step_t;

void anonid_process_clear(anonid_process_t *process)
{
    memset(process, 0, sizeof(*process));
    process->proc.pid = getpid();
    process->pidfd = process->control = process->errors = -1;
}

static void make_environment(launch_t *launch, apr_pool_t *pool)
{
    size_t n = 0;

    launch->environment[n++] = apr_pstrdup(
        pool, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
              "/bin");
    for (size_t i = 0; i < N_PASSED_ON; i++) {
        const char *value = getenv(passed_on[i]);

        if (value)
            launch->environment[n++] =
                apr_pstrcat(pool, passed_on[i], "=", value, NULL);
    }
    launch->environment[n] = NULL;
}

static void close_pair(int pair[2])
{
    if (pair[0] >= 0)
        close(pair[0]);
    if (pair[1] >= 0)
        close(pair[1]);
    pair[0] = pair[1] = -1;
}

static int make_descriptors(launch_t *launch)
{
    const int type = SOCK_STREAM | SOCK_CLOEXEC;

    return socketpair(AF_UNIX, type, 0, launch->control) == 0
           && socketpair(AF_UNIX, type, 0, launch->start) == 0
           && pipe2(launch->errors, O_CLOEXEC) == 0;
}

/* Puts the child's descriptors where the agent looks for them; whatever else
 * is open is closed by exec. */
static int place_descriptors(const launch_t *launch, int *start)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int control = fcntl(launch->control[1], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int errors = fcntl(launch->errors[1], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int spare = fcntl(*start, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);

    if (spare >= 0)
        *start = spare;
    return null >= 0 && control >= 0 && errors >= 0 && spare >= 0
           && dup2(null, 0) == 0 && dup2(errors, 1) == 1
           && dup2(errors, 2) == 2
           && dup2(control, ANONID_CONTROL_FD) == ANONID_CONTROL_FD
           && close_range(ANONID_CONTROL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC)
                  == 0;
}

/* The parent ignores and catches signals, and the keeper blocks them. */
static void reset_signals(void)
{
    struct sigaction action;
    sigset_t none;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the child does; on failure the step, else it is another program. */
static step_t become_agent(const launch_t *launch, int *start)
{
    const anonid_spawn_t *how = launch->how;
    char *const argv[] = { "anonid-agent", NULL };

    if (!place_descriptors(launch, start))
        return STEP_DESCRIPTORS;
    (void)setpgid(0, 0);
    (void)umask(077);
    if ((how->folder < 0 ? chdir("/") : fchdir(launch->folder)) != 0)
        return STEP_FOLDER;
    if (how->drop && setgroups(0, NULL) != 0)
        return STEP_GROUPS;
    if (how->drop && setresgid(how->gid, how->gid, how->gid) != 0)
        return STEP_GID;
    if (how->drop && setresuid(how->uid, how->uid, how->uid) != 0)
        return STEP_UID;
    reset_signals();
    execve(how->program, argv, launch->environment);
    return STEP_EXEC;
}

static void run_child(const launch_t *launch)
{
    int start = launch->start[1];
    failed_step_t failed;
    char go;

    close(launch->start[0]);
    if (read(start, &go, 1) == 1) {
        failed.step = (int)become_agent(launch, &start);
        failed.error = errno;
        (void)!write(start, &failed, sizeof(failed));
    }
    _exit(127);
}

/* Lets the child go on, and waits until it has become the program. */
static const char *release(const launch_t *launch, apr_pool_t *pool)
{
    failed_step_t failed;
    char reason[128];
    ssize_t n;

    (void)!write(launch->start[0], "", 1);
    do
        n = read(launch->start[0], &failed, sizeof(failed));
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(failed))
        return NULL;
    return apr_psprintf(pool, "cannot %s: %s", step_names[failed.step],
                        apr_strerror(failed.error, reason, sizeof(reason)));
}

static const char *system_error(apr_pool_t *pool, const char *what)
{
    char reason[128];

    return apr_psprintf(pool, "%s: %s", what,
                        apr_strerror(errno, reason, sizeof(reason)));
}

/* Ends a child that did not become the agent. */
static void give_up(anonid_process_t *process)
{
    pid_t pid = process->proc.pid;

    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (process->pidfd >= 0)
        close(process->pidfd);
    anonid_process_clear(process);
}

static const char *fork_agent(anonid_process_t *process, launch_t *launch,
                              apr_pool_t *pool)
{
    const char *error;
    pid_t pid = fork();

    if (pid < 0)
        return system_error(pool, "cannot fork");
    if (pid == 0)
        run_child(launch);
    process->proc.pid = pid;
    process->pidfd = pidfd_open(pid, 0);
    close(launch->start[1]);
    launch->start[1] = -1;
    if (process->pidfd < 0) {
        error = system_error(pool, "pidfd_open");
        close_pair(launch->start); /* the child reads end of file, and ends */
    }
    else {
        error = release(launch, pool);
    }
    if (error)
        give_up(process);
    return error;
}

const char *anonid_spawn(anonid_process_t *process, const anonid_spawn_t *how,
                         apr_pool_t *pool)
{
    launch_t launch = { .how = how,
                        .folder = fcntl(how->folder, F_DUPFD_CLOEXEC, 0),
                        .control = { -1, -1 },
                        .errors = { -1, -1 },
                        .start = { -1, -1 } };
    const char *error;

    anonid_process_clear(process);
    make_environment(&launch, pool);
    error = make_descriptors(&launch) ? fork_agent(process, &launch, pool)
                                      : system_error(pool, "no descriptors");
    if (!error) {
        process->control = launch.control[0];
        process->errors = launch.errors[0];
        launch.control[0] = launch.errors[0] = -1;
        (void)fcntl(process->errors, F_SETFL, O_NONBLOCK);
    }
    close_pair(launch.control);
    close_pair(launch.errors);
    close_pair(launch.start);
    if (launch.folder >= 0)
        close(launch.folder);
    return error;
}

int anonid_process_wait(const anonid_process_t *process,
                        apr_interval_time_t timeout)
{
    apr_time_t deadline = apr_time_now() + timeout;
    struct pollfd p = { process->pidfd, POLLIN, 0 };
    int n;

    do {
        apr_interval_time_t left = deadline - apr_time_now();

        n = anonid_forkguard_poll(&p, 1,
                                  left > 0 ? (int)(left / 1000) + 1 : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

void anonid_process_kill(const anonid_process_t *process)
{
    (void)pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

const char *anonid_process_reap(anonid_process_t *process, apr_pool_t *pool)
{
    siginfo_t info;
    int rv;

    memset(&info, 0, sizeof(info));
    do
        rv = waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG);
    while (rv != 0 && errno == EINTR);
    close(process->pidfd);
    process->pidfd = -1;
    process->proc.pid = getpid();
    if (rv != 0)
        return NULL;
    if (info.si_pid == 0)
        return "it could not be ended";
    if (info.si_code == CLD_EXITED)
        return apr_psprintf(pool, "exit status %d", info.si_status);
    return apr_psprintf(pool, "signal %d (%s)", info.si_status,
                        apr_signal_description_get(info.si_status));
}
