/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with the supervisor: what it says, and what is done about
 * it. Supervisors come and go; the agent stays as long as httpd.
 */
#ifndef ANONID_AGENT_CONTROL_CONTROL_H
#define ANONID_AGENT_CONTROL_CONTROL_H

#include "common/wire.h"

#include <apr_errno.h>

struct event_base;

/* Takes the lifeline over, and talks with each supervisor that comes over it;
 * one that breaks the protocol is left. When the lifeline ends the loop ends
 * as well: an agent does not outlive httpd. */
apr_status_t anonid_control_start(struct event_base *base, int fd);

/* One message of a supervisor. NULL is good, else a sentence says why it is
 * left. Descriptors are taken from take_fd (-1: no more). Apart from the
 * socket, after anonid_control_use, for tests. */
void anonid_control_use(struct event_base *base);
typedef int (*anonid_take_fd_t)(void);
const char *anonid_control_dispatch(const anonid_frame_t *frame,
                                    anonid_take_fd_t take_fd);

void anonid_control_stop(void);

#endif
