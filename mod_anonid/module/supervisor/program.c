/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a program; see program.h.
 */
#include "module/supervisor/program.h"

#include "common/protocol.h"
#include "common/text.h"

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

/* The child's copies are moved out of the way of 0 to 2. */
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

/* Nothing of httpd's stays open. */
static int place_descriptors(const anonid_program_t *program, int *failed)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int output = fcntl(program->output, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int errors = fcntl(program->errors, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int spare = fcntl(*failed, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);

    if (spare >= 0)
        *failed = spare;
    return null >= 0 && output >= 0 && errors >= 0 && spare >= 0
           && dup2(null, 0) == 0 && dup2(output, 1) == 1
           && dup2(errors, 2) == 2
           && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static void become_program(char *const argv[], char *const environment[],
                           const anonid_program_t *program, int failed,
                           pid_t supervisor)
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
    if (place_descriptors(program, &failed) && chdir("/") == 0)
        execve(argv[0], argv, environment);
    error = errno;
    (void)!write(failed, &error, sizeof(error));
    _exit(127);
}

/* ---- the supervisor ---- */

/* A file of that size, which stays so. -1 and errno on failure. */
static int make_output(const char *name, off_t size)
{
    int output = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (output < 0)
        return -1;
    if (ftruncate(output, size) == 0
        && fcntl(output, F_ADD_SEALS, F_SEAL_GROW) == 0)
        return output;
    close(output);
    return -1;
}

static int make_outputs(anonid_program_t *program)
{
    program->output = make_output("anonid-secret", ROOM);
    program->errors = make_output("anonid-errors", ANONID_PROGRAM_SAID);
    return program->output >= 0 && program->errors >= 0;
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
        become_program(argv, environment, program, failed[1], supervisor);
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
    program->error = make_outputs(program)
                         ? fork_program(program, argv, environment)
                         : errno;
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

static void close_outputs(anonid_program_t *program)
{
    if (program->output >= 0)
        close(program->output);
    if (program->errors >= 0)
        close(program->errors);
    program->output = program->errors = -1;
}

/* The offset may be anywhere: it is the program's, too. */
static void hear(const anonid_program_t *program,
                 anonid_program_report_t *report)
{
    off_t end = program->errors < 0 ? 0 : printed_length(program->errors);
    ssize_t n = 0;

    if (end > ANONID_PROGRAM_SAID)
        end = ANONID_PROGRAM_SAID;
    if (end > 0)
        n = pread(program->errors, report->said, (size_t)end, 0);
    report->said_length = n > 0 ? (size_t)n : 0;
}

/* Says a line; 0 if there is nothing to show. */
static int say_line(const char *line, size_t length,
                    void (*say)(void *context, const char *line),
                    void *context)
{
    char shown[ANONID_PROGRAM_LINE];

    (void)anonid_text_show(shown, sizeof(shown), line, length);
    if (shown[strspn(shown, " ")] == '\0')
        return 0;
    say(context, shown);
    return 1;
}

void anonid_program_each_line(const anonid_program_report_t *report,
                              void (*say)(void *context, const char *line),
                              void *context)
{
    const char *line = report->said, *end = line + report->said_length;
    int said = 0;

    while (line < end && said < ANONID_PROGRAM_LINES) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);

        said += say_line(line, length, say, context);
        line += length + 1;
    }
    if (line < end || report->said_length == ANONID_PROGRAM_SAID)
        say(context, "...");
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
    hear(program, report);
    close_outputs(program);
    return 1;
}

void anonid_program_kill(anonid_program_t *program)
{
    if (program->pid > 0)
        end_group(program->pid, 0);
    program->pid = 0;
    close_outputs(program);
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
