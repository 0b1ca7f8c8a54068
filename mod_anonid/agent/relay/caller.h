/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which user's process is at the other end of an accepted connection.
 *
 * On a Unix socket the kernel has noted it (SO_PEERCRED). On loopback TCP it
 * is the owner of the socket at the other end, which the kernel's table of
 * sockets names (sock_diag(7)): one question for the exact four of addresses
 * and ports, whose answer has to be that very socket. Once a process has
 * closed its socket, that has no inode any more and kernels may call it
 * root's: it is nobody's.
 */
#ifndef ANONID_AGENT_RELAY_CALLER_H
#define ANONID_AGENT_RELAY_CALLER_H

#include <stdint.h>
#include <sys/types.h>

typedef struct {
    uid_t uid;
    pid_t pid;        /* 0: not known (TCP) */
    uint32_t inode;   /* of its socket; 0: not known (Unix) */
    char program[64]; /* what it calls itself; "" where pid is not known */
} anonid_caller_t;

/* Opens what is needed to ask about TCP, before descriptors run out: 1, or 0
 * with errno. */
int anonid_caller_start(void);

/* 1, or 0 for nobody's socket. Event loop only. */
int anonid_caller_find(int fd, anonid_caller_t *caller);

#endif
