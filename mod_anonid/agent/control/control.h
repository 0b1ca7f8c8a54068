/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: what the parent says, and what is done about it.
 */
#ifndef ANONID_AGENT_CONTROL_CONTROL_H
#define ANONID_AGENT_CONTROL_CONTROL_H

#include "common/wire.h"

#include <apr_errno.h>

struct event_base;

/* Takes the socket over. When it ends, or breaks the protocol, the loop ends
 * as well: an agent does not outlive its parent. */
apr_status_t anonid_control_start(struct event_base *base, int fd);

/* One message of the parent. NULL is good, else a sentence says why the agent
 * cannot go on. Descriptors are taken from take_fd (-1: no more). Apart from
 * the socket, after anonid_control_use, for tests. */
void anonid_control_use(struct event_base *base);
typedef int (*anonid_take_fd_t)(void);
const char *anonid_control_dispatch(const anonid_frame_t *frame,
                                    anonid_take_fd_t take_fd);

/* Why the loop was ended; NULL: the parent closed the socket. */
const char *anonid_control_fault(void);

void anonid_control_stop(void);

#endif
