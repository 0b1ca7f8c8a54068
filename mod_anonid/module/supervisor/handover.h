/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said between httpd's parent and a supervisor, over one
 * SOCK_SEQPACKET pair: whole messages, with descriptors, that wait in the
 * socket until the parent takes them, also when the supervisor has died.
 *
 * What is to outlive a supervisor is handed over as soon as it is there, and
 * inherited by the next one: the agent's lifeline, and the locks of account
 * files. Knows neither process.
 */
#ifndef ANONID_MODULE_SUPERVISOR_HANDOVER_H
#define ANONID_MODULE_SUPERVISOR_HANDOVER_H

#include "module/supervisor/spawn.h"

#include <apr_errno.h>

/* Octets of a path or a sentence, its NUL included. */
#define ANONID_HANDOVER_TEXT 4096

/* Descriptors of one message, at most. */
#define ANONID_HANDOVER_FDS 2

typedef enum {
    /* supervisor to parent */
    ANONID_HANDOVER_AGENT,  /* process; lifeline and errors as descriptors */
    ANONID_HANDOVER_LOCK,   /* text: the account file; its lock's descriptor */
    ANONID_HANDOVER_UP,     /* the agent has this configuration */
    ANONID_HANDOVER_FAILED, /* text: why there is no agent */
    ANONID_HANDOVER_ENDING, /* END was heard */
    /* parent to supervisor */
    ANONID_HANDOVER_END /* httpd ends: end the agent, and yourself */
} anonid_handover_kind_t;

typedef struct {
    anonid_handover_kind_t kind;
    anonid_process_t process; /* its descriptors are not valid */
    char text[ANONID_HANDOVER_TEXT];
    int fds[ANONID_HANDOVER_FDS]; /* -1: none; the caller's, either way */
} anonid_handover_t;

/* Prepares a message without descriptors; text may be NULL. */
void anonid_handover_begin(anonid_handover_t *message,
                           anonid_handover_kind_t kind, const char *text);

/* Sends it, without waiting. */
apr_status_t anonid_handover_send(int fd, const anonid_handover_t *message);

/* Takes the next message, without waiting: APR_SUCCESS, APR_EAGAIN if there
 * is none, APR_EOF when the other end is gone. */
apr_status_t anonid_handover_receive(int fd, anonid_handover_t *message);

#endif
