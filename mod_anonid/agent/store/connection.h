/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a redis server (RESP 2): commands in, replies out, in
 * order, each within its deadline. It logs on, and proves that it can write,
 * before it is ready. Knows no command but those. Event loop only.
 *
 * Framing is hiredis'; the octets, and TLS, are net/transport.h's.
 */
#ifndef ANONID_AGENT_STORE_CONNECTION_H
#define ANONID_AGENT_STORE_CONNECTION_H

#include "agent/secret/secret.h"
#include "common/shared_store.h"

#include <hiredis/hiredis.h>

struct event_base;

typedef struct anonid_store_connection_t anonid_store_connection_t;

/* How long a command may take. */
#define ANONID_STORE_DEADLINE apr_time_from_msec(100)

/* The reply, which may be an error's; NULL: the connection is lost. It lives
 * as long as the call. */
typedef void (*anonid_store_reply_t)(void *context, const redisReply *reply);

typedef struct {
    void (*ready)(void *context);
    /* The end: only close may follow, and not from inside this call. The
     * replies that were awaited have been given up before. */
    void (*lost)(void *context, const char *why);
} anonid_store_connection_events_t;

/* Connects; NULL without memory. All arguments must outlive it. */
anonid_store_connection_t *anonid_store_connection_open(
    struct event_base *base, const anonid_shared_store_t *store,
    const anonid_secret_t *secret,
    const anonid_store_connection_events_t *events, void *context);

/* Closes it; nobody is called any more. NULL is fine. Not from inside a
 * callback. */
void anonid_store_connection_close(anonid_store_connection_t *c);

/* A reply was such that the connection is of no use: lost follows. */
void anonid_store_connection_give_up(anonid_store_connection_t *c,
                                     const char *why);

/* A command, and who awaits its reply (reply NULL: nobody). 0 without memory:
 * then reply is not called. */
int anonid_store_connection_say(anonid_store_connection_t *c, int argc,
                                const char **argv, const size_t *lengths,
                                anonid_store_reply_t reply, void *context);

#endif
