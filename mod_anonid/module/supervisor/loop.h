/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: a process beside httpd's workers that stays with the agent.
 *
 * It starts the agent, or goes on with the one that is there; tells it the
 * configuration, opens secrets for it, changes account files, writes its
 * warnings into the error logs, and starts it anew when it has died. One
 * process, one thread: it may wait for a file system as long as it likes,
 * because nobody waits for it.
 */
#ifndef ANONID_MODULE_SUPERVISOR_LOOP_H
#define ANONID_MODULE_SUPERVISOR_LOOP_H

#include <httpd.h>

#include "module/supervisor/retained.h"

typedef struct {
    anonid_retained_t *retained; /* its copy */
    server_rec *server;          /* the main one */
    apr_pool_t *pool;
    int handover; /* to httpd's parent */
    apr_interval_time_t
        delay; /* before anything is done, after a predecessor's
                  early death */
} anonid_supervisor_t;

/* What a process that was forked for it does. */
void anonid_supervisor_run(const anonid_supervisor_t *supervisor)
    __attribute__((noreturn));

#endif
