/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a socket; see peer.h.
 */
#include "agent/net/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return address->ss_family == AF_INET6
           && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

int anonid_peer_is_loopback(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    return getpeername(fd, (struct sockaddr *)&address, &length) == 0
           && is_loopback(&address);
}
