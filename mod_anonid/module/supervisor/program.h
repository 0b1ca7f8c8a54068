/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a program that prints a secret, without ever reading it.
 *
 *   supervisor --fork, exec--> the program
 *       |                          | standard output
 *       | holds, never reads       v
 *       +---------------------> [ memfd ]
 *
 * A program that takes too long is ended with its whole process group. Only
 * the output of one that ended with status 0 is passed on: as a memfd that is
 * sealed, so that a process left behind cannot change it any more.
 *
 * The program runs as the supervisor does, in "/", in a session of its own,
 * with nothing but its environment and /dev/null as standard input. It ends
 * with the supervisor. What it says on standard error goes to a memfd of its
 * own, which has an end: whatever it says, nobody has to keep up with it, and
 * it is heard when the run is over.
 *
 * Knows neither accounts nor the agent, nor httpd.
 */
#ifndef ANONID_MODULE_SUPERVISOR_PROGRAM_H
#define ANONID_MODULE_SUPERVISOR_PROGRAM_H

#include <apr_errno.h>
#include <apr_time.h>
#include <sys/types.h>

/* How long a program may run. */
#define ANONID_PROGRAM_TIMEOUT apr_time_from_sec(10)

/* Octets of the sentence about a program that failed, its NUL included. */
#define ANONID_PROGRAM_WHY 256

/* What is heard of its standard error: octets, lines, and octets of one with
 * its NUL. */
#define ANONID_PROGRAM_SAID 8192
#define ANONID_PROGRAM_LINES 20
#define ANONID_PROGRAM_LINE 400

/* How a run ended. */
typedef enum {
    ANONID_PROGRAM_PRINTED,  /* something, and ended with status 0 */
    ANONID_PROGRAM_NOTHING,  /* was printed */
    ANONID_PROGRAM_TOO_LONG, /* more than ANONID_SECRET_MAX octets */
    ANONID_PROGRAM_EXITED,   /* value: exit status */
    ANONID_PROGRAM_KILLED,   /* value: signal */
    ANONID_PROGRAM_OVERDUE,  /* it was ended after the timeout */
    ANONID_PROGRAM_HELD,     /* another process still writes to its output */
    ANONID_PROGRAM_FAILED    /* value: errno; it could not be run */
} anonid_program_end_t;

typedef struct {
    anonid_program_end_t end;
    int value;
    char said[ANONID_PROGRAM_SAID]; /* on standard error, as it is */
    size_t said_length;
} anonid_program_report_t;

/* One run. */
typedef struct {
    pid_t pid;  /* 0: none */
    int output; /* the memfd */
    int errors; /* the other one */
    int error;  /* why it could not be run, or 0 */
} anonid_program_t;

/* Starts the program. argv and environment end with NULL, argv[0] is an
 * absolute path. What goes wrong is reported by anonid_program_ended. */
void anonid_program_start(anonid_program_t *program, char *const argv[],
                          char *const environment[]);

/* 1 with a report if the run is over (overdue: it is ended if it is not), or
 * 0. *fd is what it has printed, now the caller's, or -1. Never waits for a
 * program that may run on. */
int anonid_program_ended(anonid_program_t *program, int overdue,
                         anonid_program_report_t *report, int *fd);

/* Ends a run, if there is one. */
void anonid_program_kill(anonid_program_t *program);

/* Each line that it said, fit to be shown (common/text.h), blank ones aside:
 * the first of them, and "..." if there was more. */
void anonid_program_each_line(const anonid_program_report_t *report,
                              void (*say)(void *context, const char *line),
                              void *context);

/* A sentence about a report that is not ANONID_PROGRAM_PRINTED. */
void anonid_program_explain(const anonid_program_report_t *report,
                            char why[ANONID_PROGRAM_WHY]);

#endif
