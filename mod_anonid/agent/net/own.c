/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's own addresses; see own.h. There are a few.
 */
#include "agent/net/own.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* An address of either kind; of IPv4 as one of IPv6. */
typedef struct own_t {
    struct own_t *next;
    unsigned char address[16];
    in_port_t port;
} own_t;

static own_t *own;

/* 1, or 0 if it is no address of IP. */
static int take(own_t *entry, const struct sockaddr *address)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address->sa_family == AF_INET) {
        memcpy(entry->address, mapped, sizeof(mapped));
        memcpy(entry->address + sizeof(mapped), &v4->sin_addr, 4);
        entry->port = v4->sin_port;
        return 1;
    }
    if (address->sa_family != AF_INET6)
        return 0;
    memcpy(entry->address, &v6->sin6_addr, sizeof(entry->address));
    entry->port = v6->sin6_port;
    return 1;
}

void anonid_own_clear(void)
{
    while (own) {
        own_t *next = own->next;

        free(own);
        own = next;
    }
}

void anonid_own_add(const struct sockaddr *address)
{
    own_t *entry = calloc(1, sizeof(*entry));

    if (!entry)
        abort();
    if (!take(entry, address)) {
        free(entry);
        return;
    }
    entry->next = own;
    own = entry;
}

int anonid_own_is_peer(int fd)
{
    struct sockaddr_storage storage;
    struct sockaddr *address = (void *)&storage;
    socklen_t length = sizeof(storage);
    own_t peer;

    if (!own || getpeername(fd, address, &length) != 0
        || !take(&peer, address))
        return 0;
    for (const own_t *entry = own; entry; entry = entry->next) {
        if (entry->port == peer.port
            && memcmp(entry->address, peer.address, sizeof(peer.address)) == 0)
            return 1;
    }
    return 0;
}
