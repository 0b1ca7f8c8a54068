/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation with the agent, as anonidctl leads it: one request, one
 * answer, and one deadline for all of it. Owns the socket, finding the state
 * folder, and the words for when it does not work.
 */
#ifndef ANONID_CTL_SESSION_H
#define ANONID_CTL_SESSION_H

#include "common/channel.h"
#include "common/protocol.h"

/* Exit statuses of anonidctl. */
enum {
    ANONID_CTL_DONE = 0,       /* all is well */
    ANONID_CTL_FAILED = 1,     /* an account is not logged on, or the agent
                                  said no; it was printed why */
    ANONID_CTL_USAGE = 2,      /* of the command line */
    ANONID_CTL_UNREACHABLE = 3 /* nobody answered, or not sensibly */
};

typedef struct {
    anonid_channel_t channel; /* fd -1 until the first request */
    const char *state_dir;    /* NULL: to be found */
    apr_interval_time_t wait; /* as the operator gave it */
    apr_time_t deadline;
    apr_pool_t *pool; /* lives as long as the session */
} anonid_ctl_session_t;

/* A session that ends `wait` from now. Nothing is connected yet. */
void anonid_session_init(anonid_ctl_session_t *session, const char *state_dir,
                         apr_interval_time_t wait, apr_pool_t *pool);

/* As init, for another round: all its time, and an empty pool. Only between
 * questions. */
void anonid_session_again(anonid_ctl_session_t *session);

/* What is left of its time; 0: none. */
apr_interval_time_t anonid_session_left(const anonid_ctl_session_t *session);

/* Connects if need be, sends the request (ended, and freed here) and waits
 * for an answer, which is valid until the next one. 0, or an exit status
 * after a line on standard error. */
int anonid_session_ask(anonid_ctl_session_t *session, anonid_writer_t *request,
                       anonid_frame_t *answer);

/* Prints a CTL_REPLY: its text to standard output if its code is 0, else all
 * of it to standard error. Its exit status. */
int anonid_session_print(anonid_ctl_session_t *session,
                         const anonid_frame_t *answer);

/* A text from elsewhere as a terminal may get it (common/text.h): on one
 * line, without what would steer it. Lives as long as the session. */
const char *anonid_session_shown(const anonid_ctl_session_t *session,
                                 const char *text);

void anonid_session_close(anonid_ctl_session_t *session);

#endif
