/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a mail server: address by address until one answers,
 * plain or TLS, buffers, and one deadline for whatever state it is in. Knows
 * no protocol. Event loop only; no callback is made from inside a call.
 */
#ifndef ANONID_AGENT_NET_TRANSPORT_H
#define ANONID_AGENT_NET_TRANSPORT_H

#include "common/service.h"
#include "agent/net/binding.h"
#include "agent/net/mail_error.h"

struct bufferevent;
struct evbuffer;
struct event_base;

typedef struct anonid_transport_t anonid_transport_t;

typedef struct {
    void (*ready)(void *context);   /* connected; or the handshake is over */
    void (*input)(void *context);   /* there are new octets */
    void (*drained)(void *context); /* output ran low */
    /* The end: nothing but close may follow, unless it was a deadline. */
    void (*failed)(void *context, const anonid_mail_error_t *error);
} anonid_transport_events_t;

/* Output is "low" below this many octets, and input is held back above. */
#define ANONID_TRANSPORT_LOW 16384
#define ANONID_TRANSPORT_HIGH 65536

/* Starts to connect; NULL without memory. server and events must outlive the
 * transport. */
anonid_transport_t *
anonid_transport_open(struct event_base *base,
                      const anonid_mail_server_t *server,
                      const anonid_transport_events_t *events, void *context);

/* Closes at once; no callback follows. NULL is fine. */
void anonid_transport_close(anonid_transport_t *t);

/* Takes the bufferevent of an established connection, plain or TLS, out of the
 * transport, which is then only to be closed: without callbacks, watermarks
 * and deadline, disabled, its descriptor its own, unread input still in it. */
struct bufferevent *anonid_transport_detach(anonid_transport_t *t);

/* Enters a state: its deadline begins now, the former one's is forgotten. */
void anonid_transport_enter(anonid_transport_t *t, anonid_phase_t phase);
anonid_phase_t anonid_transport_phase(const anonid_transport_t *t);

/* Reads the authorities (see anonid_tls_new) and starts the handshake. Unread
 * input is dropped: the caller looks first. name must outlive the transport.
 * ready or failed follows. */
void anonid_transport_start_tls(anonid_transport_t *t, const char *ca_file,
                                const char *name);
int anonid_transport_is_tls(const anonid_transport_t *t);

/* "TLSv1.3"; NULL: it is not encrypted. */
const char *anonid_transport_tls_version(const anonid_transport_t *t);
/* name NULL without TLS. */
void anonid_transport_binding(const anonid_transport_t *t,
                              anonid_binding_t *binding);

/* When the peer's certificate ends; 0: without TLS, never, or unknown. */
apr_time_t anonid_transport_certificate_end(const anonid_transport_t *t);

/* 1 if the peer is this machine, by its address and not by its name. */
int anonid_transport_is_local(const anonid_transport_t *t);

/* Our own address as a literal (RFC 5321 section 4.1.3): "[127.0.0.1]". */
#define ANONID_LITERAL_MAX 80
void anonid_transport_literal(const anonid_transport_t *t,
                              char literal[ANONID_LITERAL_MAX]);

/* Received octets; the caller drains what it has read. */
struct evbuffer *anonid_transport_input(anonid_transport_t *t);

/* Queues octets that are wiped when they are gone. */
void anonid_transport_write_secret(anonid_transport_t *t, const void *data,
                                   size_t length);
/* For writing in place. */
struct evbuffer *anonid_transport_output(anonid_transport_t *t);
/* Something cannot be said for want of memory: nothing that follows leaves,
 * and failed is called soon. */
void anonid_transport_break(anonid_transport_t *t);
/* Octets that have not left for the kernel yet. */
size_t anonid_transport_unsent(anonid_transport_t *t);

#endif
