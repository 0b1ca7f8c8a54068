/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two connections as one: what comes from either side goes to the other, octet
 * by octet, and nothing of it is looked at.
 *
 * Reading stops while the other side takes nothing in, so that a pair's memory
 * is bounded (end.h); nothing is kept for a pair that is idle. When the client
 * has ended its half, the server is told and may still answer; when the server
 * has ended, the client gets the rest. Nothing may happen for half a minute in
 * a pair of which one half is closed (three seconds where the server speaks
 * TLS, which has no halves), else for 40 minutes (a server's own limit is 30
 * or more, RFC 9051 section 5.4). Event loop only.
 */
#ifndef ANONID_AGENT_RELAY_PAIR_H
#define ANONID_AGENT_RELAY_PAIR_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

typedef struct anonid_relay_pair_t anonid_relay_pair_t;

typedef struct {
    struct event_base *base;
    int client;                  /* its socket */
    struct evbuffer *for_client; /* octets that it has to get first; emptied */
    const char *for_server;      /* ... and the server */
    size_t length;
    struct bufferevent *server; /* plain or TLS; has to defer its callbacks */
    int listener; /* whose octets they are in the status table; -1: none */
    void (*ended)(void *context);
    void *context;
} anonid_relay_pairing_t;

/* Takes both over, with what is in the server's buffers. ended is called once,
 * from the loop; the caller then closes the pair. NULL without memory: both
 * are closed. */
anonid_relay_pair_t *
anonid_relay_pair_start(const anonid_relay_pairing_t *pairing);

/* Octets that have not left for the kernel yet, both ways together. */
size_t anonid_relay_pair_unsent(const anonid_relay_pair_t *pair);

/* Closes both sides. NULL is fine. */
void anonid_relay_pair_close(anonid_relay_pair_t *pair);

#endif
