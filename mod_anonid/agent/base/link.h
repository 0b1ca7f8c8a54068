/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel on the event loop: frames in, frames out, one deadline. Knows no
 * message and no peer.
 *
 * A link ends (bad frame, end of file, error, overdue, finished) only from
 * the loop, never inside a call: its owner may use it until `ended`.
 */
#ifndef ANONID_AGENT_BASE_LINK_H
#define ANONID_AGENT_BASE_LINK_H

#include "common/channel.h"

#include <event2/event.h>

typedef struct anonid_link_t anonid_link_t;

typedef struct {
    /* A whole frame, valid during the call. NULL is good; a sentence says
     * why the link has to be cut. */
    const char *(*frame)(anonid_link_t *link, const anonid_frame_t *frame);
    /* The last call: closes (and may free) the link. why: NULL when the
     * owner finished it or the peer closed it between frames. */
    void (*ended)(anonid_link_t *link, const char *why);
} anonid_link_ops_t;

struct anonid_link_t {
    anonid_channel_t channel;
    struct event *readable;
    struct event *writable;
    struct event *deadline;
    const anonid_link_ops_t *ops;
    void *owner;
    int finishing;   /* ends as soon as all is written */
    int ended;       /* `ended` will be called, or was */
    const char *why; /* ... with this */
};

/* Takes the socket over; what it sends is bounded by max_body, what is queued
 * for it by out_max. APR_ENOMEM closes the socket. */
apr_status_t anonid_link_open(anonid_link_t *link, struct event_base *base,
                              int fd, uint32_t max_body, size_t out_max,
                              const anonid_link_ops_t *ops, void *owner);

/* Queues an ended frame, and descriptors that go with it (they stay the
 * caller's; 0: none). A failure ends the link. */
void anonid_link_send(anonid_link_t *link, const anonid_writer_t *w,
                      const int *fds, int nfds);

/* The link ends ("overdue") unless this is called again before; 0: never. */
void anonid_link_deadline(anonid_link_t *link, apr_interval_time_t timeout);

/* Ends the link when all that was queued is written. */
void anonid_link_finish(anonid_link_t *link);

/* In `ended`: closes the socket and frees the events. */
void anonid_link_close(anonid_link_t *link);

#endif
