/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a socket: by its address, whatever name it was
 * looked up by.
 */
#ifndef ANONID_AGENT_NET_PEER_H
#define ANONID_AGENT_NET_PEER_H

/* 1 if the connected peer is this machine (127.0.0.0/8 or ::1). */
int anonid_peer_is_loopback(int fd);

#endif
