/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd's parent and its supervisor: forked, awaited, started again when it
 * has died, ended. The parent waits for it at start only, and for a bounded
 * time at its end: a supervisor that hangs in a file system holds nobody up.
 *
 * What a supervisor does is in loop.h.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SUPERVISOR_H
#define ANONID_MODULE_SUPERVISOR_SUPERVISOR_H

#include <httpd.h>

#include "module/supervisor/retained.h"

/* Starts a supervisor for the configuration in force, and keeps one running
 * until that ends; pconf is its pool. Waits until the agent has the
 * configuration. NULL, or why not, in the pool. */
const char *anonid_supervisor_start(anonid_retained_t *retained, server_rec *s,
                                    apr_pool_t *pconf, apr_pool_t *pool);

/* Takes what the supervisor has handed over since. */
void anonid_supervisor_collect(anonid_retained_t *retained);

/* Ends the supervisor, and leaves the agent to the next one. Harmless if none
 * runs. */
void anonid_supervisor_leave(anonid_retained_t *retained);

/* Ends the supervisor and the agent. */
void anonid_supervisor_end(anonid_retained_t *retained);

#endif
