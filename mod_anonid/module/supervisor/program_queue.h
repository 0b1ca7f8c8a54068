/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the programs of exec: sources are run: a few at a time, each again
 * after five minutes, or sooner after it failed (2 s, doubling). How one is
 * run is program.h's; what becomes of its output is the caller's affair.
 */
#ifndef ANONID_MODULE_SUPERVISOR_PROGRAM_QUEUE_H
#define ANONID_MODULE_SUPERVISOR_PROGRAM_QUEUE_H

#include "module/supervisor/program.h"

#include <apr_pools.h>

/* How often a program is run that has printed a secret. */
#define ANONID_PROGRAM_INTERVAL apr_time_from_sec(300)

typedef struct anonid_program_queue_t anonid_program_queue_t;

/* One program. */
typedef struct anonid_queued_t anonid_queued_t;

anonid_program_queue_t *anonid_program_queue_make(apr_pool_t *pool);

/* Adds a program: the words of a command, split like that of a piped log. It
 * is told the account's name in its environment. `owner` is the caller's. */
anonid_queued_t *anonid_program_queue_add(anonid_program_queue_t *queue,
                                          const char *command,
                                          const char *account, void *owner);

/* The program is to be run, unless it runs already. */
void anonid_program_queue_want(anonid_queued_t *queued);

/* 1 if it is time to run it again. */
int anonid_program_queue_due(const anonid_queued_t *queued, apr_time_t now);

/* Starts what is wanted, as far as there is room. */
void anonid_program_queue_start(anonid_program_queue_t *queue, apr_time_t now);

/* Takes one run that has ended: its owner, or NULL. *fd is what it printed,
 * now the caller's, or -1. */
void *anonid_program_queue_next(anonid_program_queue_t *queue, apr_time_t now,
                                anonid_program_report_t *report, int *fd);

/* 1 while a program runs; the end of one is a SIGCHLD. */
int anonid_program_queue_runs(const anonid_program_queue_t *queue);

/* Ends all runs; nothing is started any more. */
void anonid_program_queue_close(anonid_program_queue_t *queue);

#endif
