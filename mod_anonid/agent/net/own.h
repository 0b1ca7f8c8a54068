/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses where this agent itself listens: whoever is connected to one
 * of them is connected to it. Event loop only.
 */
#ifndef ANONID_AGENT_NET_OWN_H
#define ANONID_AGENT_NET_OWN_H

#include <sys/socket.h>

/* Forgets all; adds one. What is not of IP is passed over. */
void anonid_own_clear(void);
void anonid_own_add(const struct sockaddr *address);

/* 1 if the peer of a connected socket is one of them, by whatever name or
 * address it was reached. */
int anonid_own_is_peer(int fd);

#endif
