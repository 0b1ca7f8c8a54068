/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS under libldap: a layer of its socket buffer. Owns the handshake and the
 * layer; whom to trust is net/tls.h's. libldap's own TLS is not used, so that
 * LDAP and mail trust the same authorities, check names alike and say alike
 * what was wrong.
 */
#ifndef ANONID_AGENT_LDAP_TLS_H
#define ANONID_AGENT_LDAP_TLS_H

#include "agent/base/deadline.h"

#include <ldap.h>
#include <stddef.h>

/* Seconds for a handshake. */
#define ANONID_LDAP_HANDSHAKE_SECONDS 5

/* Speaks TLS from now on with the server at the other end of ld's
 * non-blocking socket, whose certificate has to be for `name` and of those
 * authorities (NULL: the system's). 1, or 0 with a sentence in why. */
int anonid_ldap_tls_start(LDAP *ld, int fd, const char *ca_file,
                          const char *name, anonid_deadline_t deadline,
                          char *why, size_t size);

#endif
