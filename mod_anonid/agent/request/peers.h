/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may be at the other end of a Unix socket, by uid. The kernel vouches
 * for it (SO_PEERCRED), as it was when the peer connected.
 */
#ifndef ANONID_AGENT_REQUEST_PEERS_H
#define ANONID_AGENT_REQUEST_PEERS_H

#include <sys/types.h>

#define ANONID_WORKER_UIDS 16

/* 0 if there are too many. */
int anonid_peers_add_worker(uid_t uid);

/* 1 if the peer is a worker; 0, and a line in the log, if not. */
int anonid_peers_may_work(int fd);

/* 1 if the peer is root or the agent's own uid. The socket's mode says the
 * same; this holds when somebody changes the mode. */
int anonid_peers_may_control(int fd);

/* 1 if the peer is root, or the user who made the agent's control socket:
 * httpd's parent, which may be somebody else than root. */
int anonid_peers_is_operator(int fd);

#endif
