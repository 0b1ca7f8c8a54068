/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket of a connection to an LDAP server. libldap's own connect is not
 * used: on some versions its handshake spins without a deadline, and it opens
 * a lost connection again by itself, without TLS.
 */
#ifndef ANONID_AGENT_LDAP_SOCKET_H
#define ANONID_AGENT_LDAP_SOCKET_H

#include "agent/base/deadline.h"

#include <ldap.h>
#include <stddef.h>

/* Seconds for one address of a host. */
#define ANONID_LDAP_CONNECT_SECONDS 5

/* A non-blocking, connected socket to the URL's host and port, or for ldapi
 * to the path in place of its host: the first address that takes us. -1 with
 * a sentence in why. Looking the name up takes as long as the system's
 * resolver is set up to take. */
int anonid_ldap_socket(const LDAPURLDesc *url, anonid_deadline_t deadline,
                       char *why, size_t size);

#endif
