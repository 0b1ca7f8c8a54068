/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name resolution on the thread pool; see resolver.h.
 */
#include "agent/net/resolver.h"
#include "agent/base/thread_pool.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct anonid_lookup_t {
    char *host;
    char port[8];
    struct addrinfo *addresses; /* the thread's until finish */
    int error;
    anonid_resolved_t resolved; /* NULL: cancelled; loop's thread only */
    void *context;
};

static void look_up(void *data)
{
    anonid_lookup_t *lookup = data;
    struct addrinfo hints;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    lookup->error =
        getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
}

static void finish(void *data)
{
    anonid_lookup_t *lookup = data;

    if (!lookup->resolved) {
        if (lookup->addresses)
            freeaddrinfo(lookup->addresses);
    }
    else if (lookup->addresses) {
        lookup->resolved(lookup->context, lookup->addresses, NULL);
    }
    else {
        lookup->resolved(
            lookup->context, NULL,
            gai_strerror(lookup->error ? lookup->error : EAI_AGAIN));
    }
    free(lookup->host);
    free(lookup);
}

/* Has the lookup done in the queue of its host: 1 or 0. */
static int enqueue(anonid_lookup_t *lookup)
{
    char queue[sizeof("host ") + NI_MAXHOST];

    snprintf(queue, sizeof(queue), "host %s", lookup->host);
    return anonid_thread_pool_add_to(queue, look_up, finish, lookup)
           == APR_SUCCESS;
}

anonid_lookup_t *anonid_resolve(const char *host, int port,
                                anonid_resolved_t resolved, void *context)
{
    anonid_lookup_t *lookup = calloc(1, sizeof(*lookup));

    if (!lookup)
        return NULL;
    lookup->host = strdup(host);
    snprintf(lookup->port, sizeof(lookup->port), "%u", (unsigned)port & 65535);
    lookup->resolved = resolved;
    lookup->context = context;
    if (lookup->host && enqueue(lookup))
        return lookup;
    free(lookup->host);
    free(lookup);
    return NULL;
}

void anonid_resolve_cancel(anonid_lookup_t *lookup)
{
    if (lookup)
        lookup->resolved = NULL;
}
