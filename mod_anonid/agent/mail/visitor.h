/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The visitor that a mail server may be told of (AnonIDMailClientAddress):
 * plain data, made of what workers and applications say. Who says it is not
 * trusted, so that nothing of its text but an address goes any further.
 */
#ifndef ANONID_AGENT_MAIL_VISITOR_H
#define ANONID_AGENT_MAIL_VISITOR_H

#include <stddef.h>

#define ANONID_VISITOR_MAX 46 /* an IPv6 address with its NUL */

typedef struct {
    char address[ANONID_VISITOR_MAX]; /* "192.0.2.1", "2001:db8::1"; "": none
                                         that could be told */
    int is_v6;
    int port; /* 0: not known */
    int hops; /* relays that may still follow (x-proxy-ttl); 0: not said */
} anonid_visitor_t;

/* Takes an address: 1, or 0 and none. An IPv4 address in an IPv6 one
 * (::ffff:192.0.2.1) is the former. None is what cannot be a visitor's, or
 * would give a visitor rights: a server takes a loopback address for its own
 * machine, and multicast and unspecified ones are nobody's. */
int anonid_visitor_address(anonid_visitor_t *visitor, const char *text,
                           size_t length);

/* A decimal number from 1 to most; 0 for anything else. */
int anonid_visitor_number(const char *text, size_t length, int most);

#endif
