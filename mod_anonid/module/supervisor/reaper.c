/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The minder and its program; see reaper.h.
 */
#include "module/supervisor/reaper.h"

#include "common/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The output's size. What does not fit is not written, so this is more than
 * may be printed: whole pages, as writing stops at the end of one. */
#define ROOM (2 * ANONID_SECRET_MAX)

/* The minder's descriptors; its standard output is the memfd. */
#define REPORT_FD 3
#define FIRST_SPARE_FD 10

typedef struct {
    _Alignas(16) char octets[65536];
} child_stack_t;

typedef struct {
    char *const *argv;
    char *const *environment;
    uint32_t number;
    int send;
    pid_t parent; /* of the minder; then the minder, of the program */
    int failed;   /* where the program says why it is none */
} run_t;

/* A child that is made without fork()'s handlers: they take locks, which may
 * be another thread's at this moment. The stack is copied with all else. */
static pid_t spawn(int (*child)(void *), child_stack_t *stack, run_t *run,
                   int signal)
{
    run->parent = getpid();
    return clone(child, stack + 1, signal, run);
}

/* ---- the program ---- */

/* Ends with the parent, also if that was quicker than we. */
static void end_with(pid_t parent, int signal)
{
    (void)prctl(PR_SET_PDEATHSIG, signal);
    if (getppid() != parent)
        _exit(1);
}

static int become_program(void *data)
{
    const run_t *run = data;
    const struct rlimit none = { 0, 0 };
    sigset_t no_signals;
    int error;

    end_with(run->parent, SIGKILL);
    (void)setsid();
    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none); /* the secret would be in it */
    sigemptyset(&no_signals);
    (void)sigprocmask(SIG_SETMASK, &no_signals, NULL);
    if (chdir("/") == 0)
        execve(run->argv[0], run->argv, run->environment);
    error = errno;
    (void)!write(run->failed, &error, sizeof(error));
    _exit(127);
}

/* Starts the program. Its pid, or -1 with errno. */
static pid_t start_program(run_t *run)
{
    static child_stack_t stack;
    int failed[2], error;
    pid_t program;
    ssize_t n;

    if (pipe2(failed, O_CLOEXEC) != 0)
        return -1;
    run->failed = failed[1];
    program = spawn(become_program, &stack, run, SIGCHLD);
    close(failed[1]);
    if (program < 0)
        return -1;
    do
        n = read(failed[0], &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    close(failed[0]);
    if (n != (ssize_t)sizeof(error))
        return program;
    (void)waitpid(program, NULL, 0);
    errno = error;
    return -1;
}

/* ---- the minder ---- */

/* httpd's signal handlers must not run here. SIGTERM and SIGCHLD are waited
 * for. */
static void take_signals(sigset_t *waited_for)
{
    struct sigaction action;
    sigset_t all;

    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &action, NULL);
    sigemptyset(waited_for);
    sigaddset(waited_for, SIGTERM);
    sigaddset(waited_for, SIGCHLD);
}

/* Nothing of httpd's stays open but the error log. */
static int take_descriptors(const run_t *run)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int output =
        memfd_create("anonid-secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int spare_null, spare_output, spare_send;

    if (null < 0 || output < 0 || ftruncate(output, ROOM) != 0
        || fcntl(output, F_ADD_SEALS, F_SEAL_GROW) != 0)
        return 0;
    spare_null = fcntl(null, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    spare_output = fcntl(output, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    spare_send = fcntl(run->send, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    return spare_null >= 0 && spare_output >= 0 && spare_send >= 0
           && dup2(spare_null, 0) == 0 && dup2(spare_output, 1) == 1
           && dup3(spare_send, REPORT_FD, O_CLOEXEC) == REPORT_FD
           && close_range(REPORT_FD + 1, ~0U, 0) == 0;
}

/* How much was printed: the offset of standard output. */
static off_t printed_length(void)
{
    return lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

/* Seals what was printed. */
static anonid_program_end_t seal_output(void)
{
    off_t length = printed_length();

    if (length == 0)
        return ANONID_PROGRAM_NOTHING;
    if (length < 0 || length > ANONID_SECRET_MAX)
        return ANONID_PROGRAM_TOO_LONG;
    if (ftruncate(STDOUT_FILENO, length) != 0
        || fcntl(STDOUT_FILENO, F_ADD_SEALS,
                 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL)
               != 0
        || lseek(STDOUT_FILENO, 0, SEEK_SET) != 0)
        return ANONID_PROGRAM_HELD;
    return ANONID_PROGRAM_PRINTED;
}

/* A program whose output finds no room mostly ends badly; then this is why. */
static void judge(anonid_program_report_t *report, const siginfo_t *ended)
{
    report->value = ended->si_status;
    if (printed_length() > ANONID_SECRET_MAX)
        report->end = ANONID_PROGRAM_TOO_LONG;
    else if (ended->si_code != CLD_EXITED)
        report->end = ANONID_PROGRAM_KILLED;
    else if (ended->si_status != 0)
        report->end = ANONID_PROGRAM_EXITED;
    else
        report->end = seal_output();
}

static apr_interval_time_t elapsed_since(const struct timespec *start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec - start->tv_sec)
           + (now.tv_nsec - start->tv_nsec) / 1000;
}

/* 1 if the program has ended. It is not reaped, so that its number stays its
 * own. */
static int has_ended(pid_t program, siginfo_t *ended)
{
    ended->si_pid = 0;
    return waitid(P_PID, (id_t)program, ended, WEXITED | WNOHANG | WNOWAIT)
               == 0
           && ended->si_pid == program;
}

/* Waits for the program's end: 1, or 0 when its time is over or the minder is
 * told to end. */
static int await_end(pid_t program, const sigset_t *waited_for,
                     siginfo_t *ended)
{
    struct timespec start;

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    while (!has_ended(program, ended)) {
        apr_interval_time_t left =
            ANONID_PROGRAM_TIMEOUT - elapsed_since(&start);
        struct timespec rest = { apr_time_sec(left),
                                 apr_time_usec(left) * 1000 };

        if (left <= 0 || sigtimedwait(waited_for, NULL, &rest) == SIGTERM)
            return 0;
    }
    return 1;
}

static void wait_for(pid_t program, const sigset_t *waited_for,
                     anonid_program_report_t *report)
{
    siginfo_t ended;

    report->end = ANONID_PROGRAM_OVERDUE;
    if (await_end(program, waited_for, &ended))
        judge(report, &ended);
    if (report->end != ANONID_PROGRAM_PRINTED)
        (void)kill(-program, SIGKILL); /* with all that it has started */
    if (report->end == ANONID_PROGRAM_OVERDUE)
        (void)kill(program, SIGKILL); /* it may not lead a group yet */
    (void)waitpid(program, NULL, 0);
}

static void send_report(const anonid_program_report_t *report)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = { (void *)report, sizeof(*report) };
    struct msghdr message;
    const int output = STDOUT_FILENO;

    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (report->end == ANONID_PROGRAM_PRINTED) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &output, sizeof(output));
    }
    (void)sendmsg(REPORT_FD, &message, MSG_NOSIGNAL);
}

static int mind(void *data)
{
    run_t *run = data;
    anonid_program_report_t report;
    sigset_t waited_for;
    pid_t program;

    take_signals(&waited_for);
    end_with(run->parent, SIGTERM);
    (void)prctl(PR_SET_NAME, "anonid-minder");
    memset(&report, 0, sizeof(report));
    report.number = run->number;
    if (!take_descriptors(run))
        _exit(1);
    program = start_program(run);
    if (program > 0) {
        wait_for(program, &waited_for, &report);
    }
    else {
        report.end = ANONID_PROGRAM_FAILED;
        report.value = errno;
    }
    send_report(&report);
    _exit(0);
}

/* ---- the parent ---- */

pid_t anonid_reaper_start(char *const argv[], char *const environment[],
                          uint32_t number, int send)
{
    static child_stack_t stack;
    run_t run = { argv, environment, number, send, -1, -1 };
    sigset_t all, before;
    pid_t minder;

    /* So that a SIGTERM waits until the minder can take it. */
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    minder = spawn(mind, &stack, &run, 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return minder;
}
