/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a program that prints a secret, without ever holding it.
 *
 *   httpd parent --clone--> minder --clone, exec-> the program
 *        ^                    |                       | standard output
 *        |                    | holds, never reads    v
 *        +---- one report ----+------------------> [ memfd ]
 *
 * The minder is a child of the parent that the parent's waitpid(-1) does not
 * see (it was made without SIGCHLD), so httpd's main loop cannot take it for
 * one of its workers. It waits for the program, ends it with its whole
 * process group when it takes too long, and reports how it ended. Only the
 * output of a program that ended with status 0 is passed on: as a memfd that
 * is sealed, so that a process left behind cannot change it any more.
 *
 * The program runs as the parent does, in "/", in a session of its own, with
 * nothing but its environment, /dev/null as standard input and httpd's error
 * log as standard error. It ends with the parent.
 *
 * Knows neither accounts nor the agent, nor httpd.
 */
#ifndef ANONID_MODULE_SUPERVISOR_PROGRAM_H
#define ANONID_MODULE_SUPERVISOR_PROGRAM_H

#include <apr_errno.h>
#include <apr_time.h>
#include <stdint.h>
#include <sys/types.h>

/* How long a program may run. */
#define ANONID_PROGRAM_TIMEOUT apr_time_from_sec(10)

/* Octets of the sentence about a program that failed, its NUL included. */
#define ANONID_PROGRAM_WHY 256

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

/* What a minder says of its run. */
typedef struct {
    uint32_t number; /* of the run */
    anonid_program_end_t end;
    int value;
} anonid_program_report_t;

/* The two ends of what reports come through; both close-on-exec, and both to
 * be kept from forked children, which could read a secret from it. */
apr_status_t anonid_program_reports(int *receive, int *send);

/* Takes one report, if there is one: 1, or 0. *fd is the output of a program
 * that has printed something, else -1; under the fork guard until it is
 * closed. Never waits. */
int anonid_program_next(int receive, anonid_program_report_t *report, int *fd);

/* Ends a minder, and its program if that still runs, and reaps it. A minder
 * that has reported is ending by itself. */
void anonid_program_end(pid_t minder);

/* A sentence about a report that is not ANONID_PROGRAM_PRINTED. */
void anonid_program_explain(const anonid_program_report_t *report,
                            char why[ANONID_PROGRAM_WHY]);

#endif
