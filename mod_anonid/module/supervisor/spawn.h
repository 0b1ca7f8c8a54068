/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the agent's program and seeing it end: fork, exec, wait.
 *
 * Owns the environment, descriptors, ids and signals that the agent begins
 * its life with. Knows nothing of what is said to it, nor of httpd.
 *
 * The agent gets descriptor 0 (/dev/null), 1 and 2 (a pipe that the parent
 * reads, line by line, into the error log), ANONID_CONTROL_FD, and no other;
 * it is in a process group of its own, because a Ctrl-C at httpd's terminal
 * is httpd's business: the agent ends when its control socket does. It does
 * not get a session of its own. It must not exit with status 7 or 15, which
 * httpd, when it reaps a child, takes for a worker's cry for help.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SPAWN_H
#define ANONID_MODULE_SUPERVISOR_SPAWN_H

#include <apr_pools.h>
#include <apr_thread_proc.h>
#include <apr_time.h>
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
    apr_proc_t proc; /* only its pid is used; see anonid_process_clear */
    int pidfd;       /* -1: none is running */
    int control;     /* the parent's end */
    int errors;      /* what it says on standard error; non-blocking */
} anonid_process_t;

/* "None is running". The pid then is this process's own: apr's bookkeeping of
 * other children calls waitpid() with it at any time, and a process is never
 * its own child (0 and -1 would take other children away). */
void anonid_process_clear(anonid_process_t *process);

/* Starts the program. Its pid stands in *process before it can end, so that
 * whoever reaps it knows it. Descriptors are close-on-exec and the caller's.
 * NULL, or what went wrong, in the pool. */
const char *anonid_spawn(anonid_process_t *process, const anonid_spawn_t *how,
                         apr_pool_t *pool);

/* Waits until it has ended: 1, or 0 if it runs on after timeout. */
int anonid_process_wait(const anonid_process_t *process,
                        apr_interval_time_t timeout);

/* SIGKILL. Never hits another process, however late it comes. */
void anonid_process_kill(const anonid_process_t *process);

/* Reaps an ended process and says how it died: "exit status 1", "signal 11
 * (Segmentation fault)"; NULL if somebody else has reaped it already. Closes
 * the pidfd. */
const char *anonid_process_reap(anonid_process_t *process, apr_pool_t *pool);

#endif
