/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Visitors' addresses; see visitor.h.
 */
#include "agent/mail/visitor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static int set_v4(anonid_visitor_t *visitor, const struct in_addr *address)
{
    const in_addr_t host = ntohl(address->s_addr);

    /* 0/8 is "this host", 127/8 loopback; from 224 on there are groups. */
    if (host >> 24 == 0 || host >> 24 == 127 || host >> 24 >= 224)
        return 0;
    return inet_ntop(AF_INET, address, visitor->address,
                     sizeof(visitor->address))
           != NULL;
}

static int set_v6(anonid_visitor_t *visitor, const struct in6_addr *address)
{
    struct in_addr mapped;

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&mapped, address->s6_addr + 12, sizeof(mapped));
        return set_v4(visitor, &mapped);
    }
    if (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address)
        || IN6_IS_ADDR_MULTICAST(address))
        return 0;
    visitor->is_v6 = 1;
    return inet_ntop(AF_INET6, address, visitor->address,
                     sizeof(visitor->address))
           != NULL;
}

int anonid_visitor_address(anonid_visitor_t *visitor, const char *text,
                           size_t length)
{
    char copy[ANONID_VISITOR_MAX] = "";
    struct in6_addr v6;
    struct in_addr v4;
    int set = 0;

    visitor->is_v6 = 0;
    if (length < sizeof(copy) && !memchr(text, '\0', length)) {
        memcpy(copy, text, length);
        if (inet_pton(AF_INET, copy, &v4) == 1)
            set = set_v4(visitor, &v4);
        else if (inet_pton(AF_INET6, copy, &v6) == 1)
            set = set_v6(visitor, &v6);
    }
    if (!set)
        visitor->address[0] = '\0';
    return set;
}

int anonid_visitor_number(const char *text, size_t length, int most)
{
    int number = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        number = number * 10 + (text[i] - '0');
        if (number > most)
            return 0;
    }
    return number;
}
