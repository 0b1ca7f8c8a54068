/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork, exec and wait for the agent; see spawn.h. The child reports over a
 * pipe if a step fails; exec closes it.
 */
#include "module/supervisor/spawn.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <apr_signal.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's copies are moved out of the way of 0 to 3. */
#define FIRST_SPARE_FD 10

/* Between two looks at a process whose end is awaited. */
#define LOOK_INTERVAL apr_time_from_msec(5)

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
    int lifeline[2];
    int errors[2];
    int failed[2];
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
    process->lifeline = process->errors = -1;
}

void anonid_program_version(char version[ANONID_VERSION_MAX],
                            const char *program)
{
    struct stat st;

    version[0] = '\0';
    if (stat(program, &st) == 0)
        anonid_source_version(version, &st);
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
    const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

    return socketpair(AF_UNIX, type, 0, launch->lifeline) == 0
           && pipe2(launch->failed, O_CLOEXEC) == 0
           && pipe2(launch->errors, O_CLOEXEC) == 0;
}

/* Puts the child's descriptors where the agent looks for them; whatever else
 * is open is closed by exec. */
static int place_descriptors(const launch_t *launch, int *failed)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int lifeline = fcntl(launch->lifeline[1], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int errors = fcntl(launch->errors[1], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int spare = fcntl(*failed, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);

    if (spare >= 0)
        *failed = spare;
    return null >= 0 && lifeline >= 0 && errors >= 0 && spare >= 0
           && dup2(null, 0) == 0 && dup2(errors, 1) == 1
           && dup2(errors, 2) == 2
           && dup2(lifeline, ANONID_LIFELINE_FD) == ANONID_LIFELINE_FD
           && close_range(ANONID_LIFELINE_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC)
                  == 0;
}

/* httpd ignores and catches signals, and a supervisor blocks some. */
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
static step_t become_agent(const launch_t *launch, int *failed)
{
    const anonid_spawn_t *how = launch->how;
    char *const argv[] = { "anonid-agent", NULL };

    if (!place_descriptors(launch, failed))
        return STEP_DESCRIPTORS;
    (void)setpgid(0, 0);
    (void)umask(077);
    if ((how->folder < 0 ? chdir("/") : fchdir(how->folder)) != 0)
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
    int report = launch->failed[1];
    failed_step_t failed;

    failed.step = (int)become_agent(launch, &report);
    failed.error = errno;
    (void)!write(report, &failed, sizeof(failed));
    _exit(127);
}

/* Waits until the child has become the program. */
static const char *await_exec(const launch_t *launch, apr_pool_t *pool)
{
    failed_step_t failed;
    char reason[128];
    ssize_t n;

    do
        n = read(launch->failed[0], &failed, sizeof(failed));
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

/* State and start time of a process (proc(5), stat: fields 3 and 22, counted
 * behind the name, which may hold anything); 0 if there is none. */
static uint64_t look_at(pid_t pid, char *state)
{
    char path[64], text[1024];
    const char *field;
    ssize_t n = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    field = strrchr(text, ')');
    if (!field || !field[1])
        return 0;
    *state = field[2];
    for (int i = 3; i <= 22 && field; i++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field, NULL, 10) : 0;
}

static const char *fork_agent(anonid_process_t *process, launch_t *launch,
                              apr_pool_t *pool)
{
    const char *error;
    char state;
    pid_t pid = fork();

    if (pid < 0)
        return system_error(pool, "cannot fork");
    if (pid == 0)
        run_child(launch);
    close(launch->failed[1]);
    launch->failed[1] = -1;
    error = await_exec(launch, pool);
    if (error) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        return error;
    }
    process->pid = pid;
    process->is_child = 1;
    process->started = look_at(pid, &state);
    return NULL;
}

const char *anonid_spawn(anonid_process_t *process, const anonid_spawn_t *how,
                         apr_pool_t *pool)
{
    launch_t launch = { .how = how,
                        .lifeline = { -1, -1 },
                        .errors = { -1, -1 },
                        .failed = { -1, -1 } };
    const char *error;

    anonid_process_clear(process);
    anonid_program_version(process->program, how->program);
    make_environment(&launch, pool);
    error = make_descriptors(&launch) ? fork_agent(process, &launch, pool)
                                      : system_error(pool, "no descriptors");
    if (!error) {
        process->lifeline = launch.lifeline[0];
        process->errors = launch.errors[0];
        launch.lifeline[0] = launch.errors[0] = -1;
        (void)fcntl(process->errors, F_SETFL, O_NONBLOCK);
    }
    close_pair(launch.lifeline);
    close_pair(launch.errors);
    close_pair(launch.failed);
    return error;
}

/* A child is not reaped here, so that its number stays its own. */
static int has_ended(const anonid_process_t *process)
{
    siginfo_t info;
    char state = 'Z';

    memset(&info, 0, sizeof(info));
    if (process->is_child)
        return waitid(P_PID, (id_t)process->pid, &info,
                      WEXITED | WNOHANG | WNOWAIT)
                   != 0
               || info.si_pid == process->pid;
    return look_at(process->pid, &state) != process->started || state == 'Z'
           || state == 'X';
}

int anonid_process_wait(const anonid_process_t *process,
                        apr_interval_time_t timeout)
{
    apr_time_t deadline = anonid_monotonic_now() + timeout;

    while (!has_ended(process)) {
        if (anonid_monotonic_now() >= deadline)
            return 0;
        apr_sleep(LOOK_INTERVAL);
    }
    return 1;
}

void anonid_process_signal(const anonid_process_t *process, int signal)
{
    if (process->pid > 0 && !has_ended(process))
        (void)kill(process->pid, signal);
}

static const char *describe_end(const anonid_process_t *process,
                                apr_pool_t *pool)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    if (!has_ended(process))
        return "it could not be ended";
    if (!process->is_child
        || waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG) != 0)
        return "its exit status is not known";
    if (info.si_code == CLD_EXITED)
        return apr_psprintf(pool, "exit status %d", info.si_status);
    return apr_psprintf(pool, "signal %d (%s)", info.si_status,
                        apr_signal_description_get(info.si_status));
}

const char *anonid_process_reap(anonid_process_t *process, apr_pool_t *pool)
{
    const char *how = describe_end(process, pool);

    process->pid = 0;
    return how;
}
