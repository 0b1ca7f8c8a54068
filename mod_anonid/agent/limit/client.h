/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a client is to a limit. An address is a worker's word: "per-client"
 * keeps visitors apart, and is no wall against a worker that lies.
 */
#ifndef ANONID_AGENT_LIMIT_CLIENT_H
#define ANONID_AGENT_LIMIT_CLIENT_H

#define ANONID_LIMIT_CLIENT_MAX 64

/* The name by which a client is counted: an IPv4 address as it is, also one
 * that is mapped into IPv6; of an IPv6 address its /64 ("2001:db8:1:2::/64"),
 * which is the least that a site has, and in which a visitor can choose
 * addresses freely; anything else ("uid 33") as it is, cut. NULL is
 * "unknown". */
void anonid_limit_client_name(char name[ANONID_LIMIT_CLIENT_MAX],
                              const char *client);

#endif
