/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers on the two listening sockets: httpd's workers and anonidctl. Owns
 * accepting them, how many and how long; who they may be is in peers.h, what
 * they ask for in requests.h. Main thread only.
 */
#ifndef ANONID_AGENT_REQUEST_CLIENTS_H
#define ANONID_AGENT_REQUEST_CLIENTS_H

#include "common/channel.h"

#include <apr_errno.h>

struct event_base;

typedef struct anonid_client_t anonid_client_t;

/* Takes both listening sockets over. */
apr_status_t anonid_clients_listen(struct event_base *base, int workers,
                                   int ctl);

/* Closes all. */
void anonid_clients_stop(void);

/* ---- for a request's handler ---- */

/* The request's next descriptor, now the caller's; -1 if there is none. Only
 * until the handler returns. */
int anonid_client_take_fd(anonid_client_t *client);

/* 1 if the peer is root, or who started httpd if root did not. */
int anonid_client_is_operator(const anonid_client_t *client);

/* The loop that all of them live on. */
struct event_base *anonid_client_base(void);

/* Who asks, as the kernel says. */
const anonid_peer_t *anonid_client_peer(const anonid_client_t *client);

/* The answer, ended; it stays the caller's, and so do the descriptors that go
 * with it. The client may ask again; it must not be used any more. */
void anonid_client_reply(anonid_client_t *client, const anonid_writer_t *w);
void anonid_client_reply_with(anonid_client_t *client,
                              const anonid_writer_t *w, const int *fds,
                              int nfds);

/* The answer comes later. cancel is called if the client goes before that;
 * then nobody may reply any more. */
void anonid_client_wait(anonid_client_t *client, void (*cancel)(void *context),
                        void *context);

#endif
