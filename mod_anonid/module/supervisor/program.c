/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a program; see program.h.
 */
#include "module/supervisor/program.h"

#include "common/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The output's size. What does not fit is not written, so this is more than
 * may be printed: whole pages, as writing stops at the end of one. */
#define ROOM (2 * ANONID_SECRET_MAX)

/* The child's copies are moved out of the way of 0 and 1. */
#define FIRST_SPARE_FD 10

/* ---- the program ---- */

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

/* Nothing of httpd's stays open but the error log. */
static int place_descriptors(int output, int *failed)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int spare_output = fcntl(output, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int spare = fcntl(*failed, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);

    if (spare >= 0)
        *failed = spare;
    return null >= 0 && spare_output >= 0 && spare >= 0 && dup2(null, 0) == 0
           && dup2(spare_output, 1) == 1
           && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static void become_program(char *const argv[], char *const environment[],
                           int output, int failed, pid_t supervisor)
{
    const struct rlimit none = { 0, 0 };
    int error;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) /* it was quicker than we */
        _exit(1);
    (void)setsid();
    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none); /* the secret would be in it */
    reset_signals();
    if (place_descriptors(output, &failed) && chdir("/") == 0)
        execve(argv[0], argv, environment);
    error = errno;
    (void)!write(failed, &error, sizeof(error));
    _exit(127);
}

/* ---- the supervisor ---- */

static int make_output(void)
{
    int output =
        memfd_create("anonid-secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (output < 0)
        return -1;
    if (ftruncate(output, ROOM) == 0
        && fcntl(output, F_ADD_SEALS, F_SEAL_GROW) == 0)
        return output;
    close(output);
    return -1;
}

/* Waits until the child has become the program: 0, or why not. */
static int await_exec(int failed)
{
    int error;
    ssize_t n;

    do
        n = read(failed, &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(error) ? error : 0;
}

static int fork_program(anonid_program_t *program, char *const argv[],
                        char *const environment[])
{
    const pid_t supervisor = getpid();
    int failed[2], error;

    if (pipe2(failed, O_CLOEXEC) != 0)
        return errno;
    program->pid = fork();
    if (program->pid == 0)
        become_program(argv, environment, program->output, failed[1],
                       supervisor);
    error = program->pid < 0 ? errno : 0;
    close(failed[1]);
    if (!error)
        error = await_exec(failed[0]);
    close(failed[0]);
    return error;
}

void anonid_program_start(anonid_program_t *program, char *const argv[],
                          char *const environment[])
{
    program->pid = 0;
    program->output = make_output();
    program->error =
        program->output < 0 ? errno : fork_program(program, argv, environment);
}

/* How much was printed: the offset of standard output. */
static off_t printed_length(int output)
{
    return lseek(output, 0, SEEK_CUR);
}

/* Seals what was printed. */
static anonid_program_end_t seal(int output)
{
    off_t length = printed_length(output);

    if (length == 0)
        return ANONID_PROGRAM_NOTHING;
    if (length < 0 || length > ANONID_SECRET_MAX)
        return ANONID_PROGRAM_TOO_LONG;
    if (ftruncate(output, length) != 0
        || fcntl(output, F_ADD_SEALS,
                 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL)
               != 0
        || lseek(output, 0, SEEK_SET) != 0)
        return ANONID_PROGRAM_HELD;
    return ANONID_PROGRAM_PRINTED;
}

/* A program whose output finds no room mostly ends badly; then this is why. */
static void judge(anonid_program_report_t *report, int output,
                  const siginfo_t *ended)
{
    report->value = ended->si_status;
    if (printed_length(output) > ANONID_SECRET_MAX)
        report->end = ANONID_PROGRAM_TOO_LONG;
    else if (ended->si_code != CLD_EXITED)
        report->end = ANONID_PROGRAM_KILLED;
    else if (ended->si_status != 0)
        report->end = ANONID_PROGRAM_EXITED;
    else
        report->end = seal(output);
}

/* 1 if the program has ended. It is not reaped, so that its number, and that
 * of its group, stays its own. */
static int has_ended(pid_t pid, siginfo_t *ended)
{
    ended->si_pid = 0;
    return waitid(P_PID, (id_t)pid, ended, WEXITED | WNOHANG | WNOWAIT) == 0
           && ended->si_pid == pid;
}

/* Ends the program with all that it has started, and reaps it. */
static void end_group(pid_t pid, int is_good)
{
    if (!is_good) {
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL); /* it may not lead a group yet */
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void close_output(anonid_program_t *program)
{
    if (program->output >= 0)
        close(program->output);
    program->output = -1;
}

int anonid_program_ended(anonid_program_t *program, int overdue,
                         anonid_program_report_t *report, int *fd)
{
    siginfo_t ended;

    *fd = -1;
    report->end = ANONID_PROGRAM_FAILED;
    report->value = program->error;
    if (!program->error) {
        report->end = ANONID_PROGRAM_OVERDUE;
        if (has_ended(program->pid, &ended))
            judge(report, program->output, &ended);
        else if (!overdue)
            return 0;
    }
    if (program->pid > 0)
        end_group(program->pid, report->end == ANONID_PROGRAM_PRINTED);
    program->pid = 0;
    if (report->end == ANONID_PROGRAM_PRINTED) {
        *fd = program->output;
        program->output = -1;
    }
    close_output(program);
    return 1;
}

void anonid_program_kill(anonid_program_t *program)
{
    if (program->pid > 0)
        end_group(program->pid, 0);
    program->pid = 0;
    close_output(program);
}

static const struct {
    anonid_program_end_t end;
    const char *format; /* of the report's value, if it has one */
} sentences[] = {
    { ANONID_PROGRAM_NOTHING, "it printed nothing" },
    { ANONID_PROGRAM_TOO_LONG, "it printed more than a secret can be" },
    { ANONID_PROGRAM_EXITED, "its exit status was %d" },
    { ANONID_PROGRAM_KILLED, "it died of signal %d" },
    { ANONID_PROGRAM_OVERDUE, "it did not end in time" },
    { ANONID_PROGRAM_HELD, "it left a process that writes to its output" },
};

#define N_SENTENCES (sizeof(sentences) / sizeof(sentences[0]))

void anonid_program_explain(const anonid_program_report_t *report,
                            char why[ANONID_PROGRAM_WHY])
{
    char reason[128];

    for (size_t i = 0; i < N_SENTENCES; i++) {
        if (sentences[i].end == report->end) {
            snprintf(why, ANONID_PROGRAM_WHY, sentences[i].format,
                     report->value);
            return;
        }
    }
    snprintf(why, ANONID_PROGRAM_WHY, "it cannot be run: %s",
             apr_strerror(report->value, reason, sizeof(reason)));
}
