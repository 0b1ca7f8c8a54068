/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of clients; see client.h.
 */
#include "agent/limit/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_OCTETS 8 /* of 16 */

static void name_ipv6(char name[ANONID_LIMIT_CLIENT_MAX],
                      const struct in6_addr *address)
{
    struct in6_addr prefix = *address;
    char text[INET6_ADDRSTRLEN];

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        (void)inet_ntop(AF_INET, address->s6_addr + 12, name,
                        ANONID_LIMIT_CLIENT_MAX);
        return;
    }
    memset(prefix.s6_addr + PREFIX_OCTETS, 0,
           sizeof(prefix.s6_addr) - PREFIX_OCTETS);
    (void)inet_ntop(AF_INET6, &prefix, text, sizeof(text));
    snprintf(name, ANONID_LIMIT_CLIENT_MAX, "%s/64", text);
}

void anonid_limit_client_name(char name[ANONID_LIMIT_CLIENT_MAX],
                              const char *client)
{
    struct in6_addr address;
    char *zone;

    snprintf(name, ANONID_LIMIT_CLIENT_MAX, "%s", client ? client : "unknown");
    zone = strchr(name, '%');
    if (zone && strchr(name, ':'))
        *zone = '\0'; /* fe80::1%eth0: the interface is no part of it */
    if (inet_pton(AF_INET6, name, &address) == 1)
        name_ipv6(name, &address);
}
