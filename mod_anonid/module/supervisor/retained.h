/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a restart of httpd: the agent and everything that belongs to
 * it. The module itself is unloaded and loaded again on each restart, so
 * none of this may be static, nor point into the module.
 *
 * A supervisor has a copy of it, as it was when it was forked; what it changes
 * and what has to outlive it, it hands over (handover.h).
 */
#ifndef ANONID_MODULE_SUPERVISOR_RETAINED_H
#define ANONID_MODULE_SUPERVISOR_RETAINED_H

#include "common/status.h"
#include "module/supervisor/account_lock.h"
#include "module/supervisor/spawn.h"

/* The parent's own descriptors, at these places of the array; after them
 * come those of the account locks. Forked children close them all, but for a
 * supervisor. */
typedef enum {
    ANONID_FD_TABLE,
    ANONID_FD_AGENT_LISTENER,
    ANONID_FD_CTL_LISTENER,
    ANONID_FD_AGENT_FOLDER,
    ANONID_FD_STATE_DIR,
    ANONID_FD_STATE_LOCK,
    ANONID_FD_LIFELINE, /* of the agent that runs; -1: none does */
    ANONID_FD_ERRORS,   /* what it says on standard error */
    ANONID_FD_HANDOVER, /* to the supervisor */
    ANONID_FD_COUNT
} anonid_fd_t;

/* What an agent was started with; another one is needed when it changes. */
typedef struct {
    const char *program;
    const char *state_dir;
    uid_t agent_uid;
    gid_t agent_gid;
    uid_t worker_uid;
} anonid_settings_t;

/* What has a slot in the status table, and its name. */
typedef enum {
    ANONID_SLOT_ACCOUNT,  /* name */
    ANONID_SLOT_SERVICE,  /* name */
    ANONID_SLOT_SERVER,   /* service, newline, URL */
    ANONID_SLOT_PAIR,     /* account, newline, service */
    ANONID_SLOT_LISTENER, /* URL */
    ANONID_SLOT_KINDS
} anonid_slot_kind_t;

/* The first two stay as they are in every version of the module: a newer one
 * that is loaded by a restart closes the descriptors and begins anew. */
typedef struct {
    apr_array_header_t *descriptors; /* int */
    char version[32];
    pid_t owner;                          /* the httpd parent */
    apr_pool_t *pool;                     /* lives as long as the process */
    apr_hash_t *slots[ANONID_SLOT_KINDS]; /* name -> int *, its slot */
    const anonid_status_table_t *table;   /* NULL: not made yet */
    anonid_worker_page_t *page;           /* what workers count */
    anonid_settings_t settings;           /* state_dir NULL: none is in use */
    anonid_process_t process; /* the agent; but for its descriptors */
    anonid_account_locks_t *locks;
    apr_hash_t *sockets; /* address -> of listening.c's, listening */
    uint32_t generation; /* counts supervisors, and configurations pushed */
    int was_ready;       /* an agent has been ready: this is a restart */
} anonid_retained_t;

/* What is there; NULL if nothing is. */
anonid_retained_t *anonid_retained_find(void);

/* The same, made if need be. */
anonid_retained_t *anonid_retained_make(void);

/* Forks. The child has everything that is retained; any other child, whoever
 * forks it, closes the descriptors before it does anything else. */
pid_t anonid_retained_fork(anonid_retained_t *retained);

/* Has children close what is retained (NULL: nothing is) from now on; once
 * per load of the module, which takes the handler away when it is unloaded. */
void anonid_retained_guard(anonid_retained_t *retained);

/* The end of it, at httpd's end. */
void anonid_retained_destroy(anonid_retained_t *retained);

/* Remembers a descriptor (-1: none) at its place. */
void anonid_retained_set_fd(anonid_retained_t *retained, anonid_fd_t which,
                            int fd);
int anonid_retained_fd(const anonid_retained_t *retained, anonid_fd_t which);

/* Closes what is at that place. */
void anonid_retained_close_fd(anonid_retained_t *retained, anonid_fd_t which);

/* The slot of that name, which it keeps; -1: they are all taken. */
int anonid_retained_slot(anonid_retained_t *retained, anonid_slot_kind_t kind,
                         const char *name);

#endif
