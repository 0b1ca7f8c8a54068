/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that a listener has refused, in words for an operator: root can
 * see which process has a socket open, the agent cannot.
 */
#ifndef ANONID_MODULE_SUPERVISOR_STRANGER_H
#define ANONID_MODULE_SUPERVISOR_STRANGER_H

#include <apr_pools.h>
#include <sys/types.h>

typedef struct {
    uid_t uid;
    pid_t pid;           /* 0: not known */
    unsigned long inode; /* of its socket; 0: not known */
} anonid_stranger_t;

/* "Process 4711 (curl) of user www-data", as far as it can be seen. */
const char *anonid_stranger_text(const anonid_stranger_t *stranger,
                                 apr_pool_t *pool);

#endif
