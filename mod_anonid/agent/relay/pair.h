/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two connections as one: what comes from either side goes to the other, octet
 * by octet, and nothing of it is looked at.
 *
 * Reading stops while the other side takes nothing in, so that a pair's memory
 * is bounded; nothing is kept for a pair that is idle. When the client has
 * ended its half, the server is told and may still answer; when the server
 * has ended, the client gets the rest. Nothing may happen for half a
 * minute in a pair of which one half is closed (three seconds where the server
 * speaks TLS, which has no halves), else for 40 minutes (a
 * server's own limit is 30 or more, RFC 9051 section 5.4). Event loop only.
 */
#ifndef ANONID_AGENT_RELAY_PAIR_H
#define ANONID_AGENT_RELAY_PAIR_H

#include <event2/bufferevent.h>
#include <event2/event.h>

/* Octets that may wait for one side before the other is read no further, and
 * below which it is read again. */
#define ANONID_RELAY_PAIR_HIGH 65536
#define ANONID_RELAY_PAIR_LOW 16384

typedef struct anonid_relay_pair_t anonid_relay_pair_t;

/* Takes both over, with what is in their buffers. ended is called once, from
 * the loop; the caller then closes the pair. NULL without memory: both are
 * freed. The bufferevents must defer their callbacks. */
anonid_relay_pair_t *anonid_relay_pair_start(struct event_base *base,
                                             struct bufferevent *client,
                                             struct bufferevent *server,
                                             void (*ended)(void *context),
                                             void *context);

/* Counts its octets as those of a listener (its slot in the status table),
 * from now on. */
void anonid_relay_pair_count(anonid_relay_pair_t *pair, int listener);

/* Closes both sides. NULL is fine. */
void anonid_relay_pair_close(anonid_relay_pair_t *pair);

#endif
