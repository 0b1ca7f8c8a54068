/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a relayed pair: a connection as octets in and octets out, plain
 * or TLS. Knows nothing of the other end.
 *
 * A plain end is its socket: what comes is handed out from a buffer that all
 * ends share, what leaves goes to the kernel at once, and an end at which
 * nothing waits has no buffer. An end in TLS is a bufferevent. Event loop
 * only.
 */
#ifndef ANONID_AGENT_RELAY_END_H
#define ANONID_AGENT_RELAY_END_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>

/* Octets that may wait at one end before the other is read no further, and
 * below which it is read again. */
#define ANONID_RELAY_PAIR_HIGH 65536
#define ANONID_RELAY_PAIR_LOW 16384

/* None of them is made from inside a call, but input from begin. */
typedef struct {
    void (*input)(void *context, const char *octets, size_t length);
    void (*drained)(void *context); /* little waits again, or nothing */
    /* It sends nothing more; failed: nor does it take anything in. */
    void (*ended)(void *context, int failed);
} anonid_relay_end_events_t;

typedef struct {
    const anonid_relay_end_events_t *events;
    void *context;
    struct evbuffer *early;  /* came before; NULL: nothing */
    struct bufferevent *bev; /* TLS; NULL: plain */
    int fd;                  /* plain */
    int broken;              /* plain: octets were lost for want of memory */
    struct event readable, writable; /* plain */
    struct evbuffer *waits;          /* plain; NULL: nothing */
} anonid_relay_end_t;

/* Takes a socket over. */
void anonid_relay_end_open(anonid_relay_end_t *end, struct event_base *base,
                           int fd);

/* Takes a bufferevent over, of a socket or of TLS, which has to defer its
 * callbacks. 1, or 0 without memory. */
int anonid_relay_end_adopt(anonid_relay_end_t *end, struct event_base *base,
                           struct bufferevent *bev);

/* Hands out what came before, and reads from now on. */
void anonid_relay_end_begin(anonid_relay_end_t *end,
                            const anonid_relay_end_events_t *events,
                            void *context);

/* Queues octets. Without memory for them the connection breaks. */
void anonid_relay_end_write(anonid_relay_end_t *end, const char *octets,
                            size_t length);

/* Octets that have not left for the kernel yet. */
size_t anonid_relay_end_unsent(const anonid_relay_end_t *end);

void anonid_relay_end_read(anonid_relay_end_t *end, int on);

int anonid_relay_end_is_tls(const anonid_relay_end_t *end);
int anonid_relay_end_socket(const anonid_relay_end_t *end);

/* Makes no callback any more. */
void anonid_relay_end_silence(anonid_relay_end_t *end);

void anonid_relay_end_close(anonid_relay_end_t *end);

#endif
