/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One application that has connected to a listener: octets in and out, and
 * one deadline. Its dialogue (protocol.h) says what they mean, and may in the
 * end join it to a mail server.
 *
 * A client ends only from the loop, never inside a call. What it sent is wiped
 * when it has been consumed: it may be a password. Event loop only.
 */
#ifndef ANONID_AGENT_RELAY_CLIENT_H
#define ANONID_AGENT_RELAY_CLIENT_H

#include "agent/logon/registry.h"
#include "agent/relay/caller.h"

#include "common/listener.h"

#include <event2/bufferevent.h>
#include <event2/event.h>

/* Octets that may wait to be consumed. */
#define ANONID_RELAY_INPUT_MAX 65536

/* Nothing more is read while so much output waits, and who lets more of it
 * wait than the second is cut. */
#define ANONID_RELAY_OUTPUT_HIGH 65536
#define ANONID_RELAY_OUTPUT_MAX (1024 * 1024)

typedef struct anonid_relay_client_t anonid_relay_client_t;
typedef struct anonid_listener_protocol_t anonid_listener_protocol_t;

/* What a client's dialogue may know; as long as the client lives. */
typedef struct {
    const anonid_listener_t *listener;
    anonid_config_t *config; /* held by the client */
    const anonid_account_t *account;
    const anonid_service_t *service;
    anonid_caller_t caller;
} anonid_relay_origin_t;

const anonid_relay_origin_t *
anonid_relay_client_origin(const anonid_relay_client_t *client);

/* The loop that it lives on. */
struct event_base *
anonid_relay_client_base(const anonid_relay_client_t *client);

/* Queues octets; or a line, to which CRLF is added (at most 1,024 octets). */
void anonid_relay_client_write(anonid_relay_client_t *client, const void *data,
                               size_t length);
void anonid_relay_client_say(anonid_relay_client_t *client, const char *format,
                             ...) __attribute__((format(printf, 2, 3)));

/* Octets that have not left for the kernel yet. */
size_t anonid_relay_client_unsent(const anonid_relay_client_t *client);

/* The client is overdue after so many seconds, unless this is called again. A
 * new client has a minute. 0: never. */
void anonid_relay_client_deadline(anonid_relay_client_t *client, int seconds);

/* Hands out no input, until the other one is called. */
void anonid_relay_client_hold(anonid_relay_client_t *client);
void anonid_relay_client_resume(anonid_relay_client_t *client);

/* Closes when all that was queued is written, within seconds. */
void anonid_relay_client_finish(anonid_relay_client_t *client);

/* Takes the connection to a mail server over, and relays both ways from now
 * on: first what was queued for the client, and what it has sent and was not
 * consumed. The dialogue hears nothing more but `closed`. */
void anonid_relay_client_join(anonid_relay_client_t *client,
                              struct bufferevent *server);

/* ---- for the listener ---- */

/* A connection that was accepted. */
typedef struct {
    struct event_base *base;
    const anonid_listener_protocol_t *protocol;
    const anonid_relay_origin_t *origin; /* copied, its config held */
    void (*gone)(void *context);         /* when the client is gone */
    void *context;
} anonid_relay_accepted_t;

/* Takes the socket over and begins the dialogue. 0 without memory: then the
 * socket is closed, and gone not called. */
int anonid_relay_client_open(const anonid_relay_accepted_t *accepted, int fd);

/* Closes a socket after last words. What the other end has sent meanwhile is
 * read: else the kernel would reset the connection, and they might be lost. */
void anonid_relay_hang_up(int fd);

/* Closes all clients and pairs, at the agent's end; nobody is told. */
void anonid_relay_clients_close(void);

#endif
