/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the agent's program and seeing it end: fork, exec, wait.
 *
 * Owns the environment, descriptors, ids and signals that the agent begins
 * its life with. Knows nothing of what is said to it, nor of httpd.
 *
 * The agent gets descriptor 0 (/dev/null), 1 and 2 (a pipe that is read, line
 * by line, into the error log), ANONID_LIFELINE_FD, and no other; it is in a
 * process group of its own, because a Ctrl-C at httpd's terminal is httpd's
 * business: the agent ends when its lifeline does. It does not get a session
 * of its own.
 *
 * A supervisor's agent may be its child, or that of a supervisor before it;
 * such a one is known by its number and the time when it was started.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SPAWN_H
#define ANONID_MODULE_SUPERVISOR_SPAWN_H

#include "common/source.h"

#include <apr_pools.h>
#include <apr_time.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    const char *program; /* absolute */
    int drop;            /* 1: become uid and gid before exec */
    uid_t uid;
    gid_t gid;
    int folder; /* where it begins, and all that it may write in; -1: / */
} anonid_spawn_t;

/* One running agent. */
typedef struct {
    pid_t pid; /* 0: none is running */
    int is_child;
    uint64_t started;                 /* in ticks since boot; 0: unknown */
    char program[ANONID_VERSION_MAX]; /* the file that it was started from */
    int lifeline;                     /* httpd's end; -1: handed over */
    int errors; /* what it says on standard error; non-blocking */
} anonid_process_t;

/* "None is running". */
void anonid_process_clear(anonid_process_t *process);

/* What tells a program's file from the one that took its place; "" if there
 * is none. */
void anonid_program_version(char version[ANONID_VERSION_MAX],
                            const char *program);

/* Starts the program. Descriptors are close-on-exec and the caller's. NULL,
 * or what went wrong, in the pool. */
const char *anonid_spawn(anonid_process_t *process, const anonid_spawn_t *how,
                         apr_pool_t *pool);

/* Waits until it has ended: 1, or 0 if it runs on after timeout. */
int anonid_process_wait(const anonid_process_t *process,
                        apr_interval_time_t timeout);

/* Sends a signal. Never hits another process, however late it comes. */
void anonid_process_signal(const anonid_process_t *process, int signal);

/* Reaps an ended process and says how it died: "exit status 1", "signal 11
 * (Segmentation fault)". Clears it, and leaves its descriptors. */
const char *anonid_process_reap(anonid_process_t *process, apr_pool_t *pool);

#endif
