/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail protocols as listeners speak them: a protocol is a row of functions in
 * a file of its own. It gets an application's octets and answers them; who may
 * connect, and how octets come and go, is not its business.
 */
#ifndef ANONID_AGENT_RELAY_PROTOCOL_H
#define ANONID_AGENT_RELAY_PROTOCOL_H

#include "agent/relay/client.h"

struct anonid_listener_protocol_t {
    anonid_mail_protocol_t protocol;

    /* What is said, instead of a greeting, to a process that may not connect,
     * and to one that comes while max= connections are there. With CRLF. */
    const char *stranger;
    const char *busy;

    /* A dialogue with a client that has just come; it says the greeting. NULL
     * without memory. */
    void *(*open)(anonid_relay_client_t *client);

    /* Octets that have come and were not consumed; returns how many of them
     * are consumed, and wiped. 0: more are needed. Not called while the
     * client is held. Are ANONID_RELAY_INPUT_MAX of them not enough, the
     * client is cut. */
    size_t (*input)(void *dialogue, const char *data, size_t length);

    /* Output, of which there was much, is low again; may be NULL. */
    void (*drained)(void *dialogue);

    /* The deadline is over: the last words are said now, if there are any.
     * The client is finished after that. May be NULL. */
    void (*overdue)(void *dialogue);

    /* The last call: the client, or the pair that it was joined to, is gone.
     * Nothing may be said any more. */
    void (*closed)(void *dialogue);
};

/* The rows of this build: smtp/listener.c, imap/listener.c,
 * pop3/listener.c. */
extern const anonid_listener_protocol_t anonid_smtp_listener;
extern const anonid_listener_protocol_t anonid_imap_listener;
extern const anonid_listener_protocol_t anonid_pop3_listener;

/* The row of a protocol; NULL: this build has none. */
const anonid_listener_protocol_t *
anonid_listener_protocol_find(anonid_mail_protocol_t protocol);

#endif
