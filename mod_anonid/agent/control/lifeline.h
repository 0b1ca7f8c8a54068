/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lifeline: descriptor 3, a SOCK_SEQPACKET socket whose other end httpd's
 * parent keeps. Its end of file means that httpd is gone. Each datagram
 * brings the stream socket of a supervisor, in one piece or not at all, so
 * that one which was killed within a frame leaves nothing behind.
 *
 * Owns no conversation and knows no frame.
 */
#ifndef ANONID_AGENT_CONTROL_LIFELINE_H
#define ANONID_AGENT_CONTROL_LIFELINE_H

#include <apr_errno.h>

struct event_base;

/* Takes a supervisor's socket, now its own. */
typedef void (*anonid_lifeline_take_t)(int fd);

/* Watches the socket, and calls `take` from the loop; at its end the loop is
 * ended. */
apr_status_t anonid_lifeline_start(struct event_base *base, int fd,
                                   anonid_lifeline_take_t take);

void anonid_lifeline_stop(void);

#endif
