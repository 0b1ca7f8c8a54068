/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of mail servers: getaddrinfo on the thread pool, in a queue for
 * each host, so that a name server that is silent about one delays no other.
 * Numeric addresses take the same way, so that there is only one.
 */
#ifndef ANONID_AGENT_NET_RESOLVER_H
#define ANONID_AGENT_NET_RESOLVER_H

struct addrinfo;

typedef struct anonid_lookup_t anonid_lookup_t;

/* addresses: the caller's from now on (freeaddrinfo); NULL: none, and why
 * says so. The lookup is over. */
typedef void (*anonid_resolved_t)(void *context, struct addrinfo *addresses,
                                  const char *why);

/* Looks a host up for stream connections. NULL if it cannot be started;
 * otherwise resolved is called later, on the event loop. */
anonid_lookup_t *anonid_resolve(const char *host, int port,
                                anonid_resolved_t resolved, void *context);

/* resolved will not be called. NULL is fine. */
void anonid_resolve_cancel(anonid_lookup_t *lookup);

#endif
