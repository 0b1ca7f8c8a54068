/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel: frames and descriptors over a connected Unix stream socket.
 *
 * Owns buffering, descriptor passing and deadlines. Serves both who may wait
 * (parent, worker, anonidctl: send, receive) and who may not (the agent's
 * event loop: fill, next, queue, flush). Knows no message.
 *
 * Not thread-safe; one channel belongs to one thread at a time.
 */
#ifndef ANONID_COMMON_CHANNEL_H
#define ANONID_COMMON_CHANNEL_H

#include "common/wire.h"

#include <apr_errno.h>
#include <apr_time.h>
#include <sys/types.h>

/* Descriptors that may wait to be taken; a peer that sends more is cut. */
#define ANONID_CHANNEL_FDS 16

typedef struct {
    int fd; /* -1: closed */
    uint32_t max_body;
    unsigned char *in;
    size_t in_length, in_capacity;
    size_t in_frame; /* octets of the frame that `next` returned last */
    int fds[ANONID_CHANNEL_FDS];
    int nfds;      /* received and not yet taken */
    int frame_fds; /* how many of them belong to the current frame */
    unsigned char *out;
    size_t out_length, out_capacity;
    size_t out_max;                  /* queueing more than this fails */
    int out_fds[ANONID_CHANNEL_FDS]; /* duplicates, to be sent ... */
    int out_nfds;
    size_t out_mark; /* ... with the octet there */
} anonid_channel_t;

typedef struct {
    pid_t pid;
    uid_t uid;
    gid_t gid;
} anonid_peer_t;

/* Takes a connected socket over, sets it non-blocking and close-on-exec.
 * max_body bounds what the peer may send, out_max what may be queued. */
void anonid_channel_open(anonid_channel_t *ch, int fd, uint32_t max_body,
                         size_t out_max);

/* Closes the socket and every descriptor that was not taken; wipes and frees
 * the buffers. Harmless on a closed channel. */
void anonid_channel_close(anonid_channel_t *ch);

/* One recvmsg. APR_SUCCESS, APR_EAGAIN (nothing there), APR_EOF, or an
 * error; APR_ENOSPC means that the peer broke the rules (too many
 * descriptors or a frame over the limit). */
apr_status_t anonid_channel_fill(anonid_channel_t *ch);

/* The next whole frame of what was read. It, and its descriptors that were
 * not taken (they are closed), live until the next call. */
anonid_parse_t anonid_channel_next(anonid_channel_t *ch,
                                   anonid_frame_t *frame);

/* The current frame's next descriptor, now the caller's; -1 if it has no
 * more. Descriptors are close-on-exec. */
int anonid_channel_take_fd(anonid_channel_t *ch);

/* Waits for a whole frame. timeout in APR microseconds for all of it;
 * APR_TIMEUP after it, APR_EOF, APR_EINVAL for a malformed frame. */
apr_status_t anonid_channel_receive(anonid_channel_t *ch,
                                    anonid_frame_t *frame,
                                    apr_interval_time_t timeout);

/* Sends an ended frame with nfds descriptors (they stay the caller's) and
 * waits until all of it is in the kernel, at most timeout. SIGPIPE is never
 * raised. Must not be mixed with queued output. */
apr_status_t anonid_channel_send(anonid_channel_t *ch,
                                 const anonid_writer_t *w, const int *fds,
                                 int nfds, apr_interval_time_t timeout);

/* Queues an ended frame with nfds descriptors, which stay the caller's, and
 * writes what can be written at once: APR_SUCCESS when nothing is left,
 * APR_EAGAIN when the caller is to call flush again once the socket is
 * writable. APR_ENOSPC over out_max, or for descriptors while others still
 * wait to be sent. */
apr_status_t anonid_channel_queue(anonid_channel_t *ch,
                                  const anonid_writer_t *w, const int *fds,
                                  int nfds);
apr_status_t anonid_channel_flush(anonid_channel_t *ch);

/* Who is at the other end (SO_PEERCRED). */
apr_status_t anonid_channel_peer(int fd, anonid_peer_t *peer);

/* Connects to a Unix socket, waiting at most timeout. */
apr_status_t anonid_channel_connect(anonid_channel_t *ch, const char *path,
                                    uint32_t max_body,
                                    apr_interval_time_t timeout);

#endif
