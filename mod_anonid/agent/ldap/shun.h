/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that hung a moment ago, and are passed over by all accounts for
 * ANONID_LDAP_SHUN_SECONDS: a thousand accounts must not wait in vain for the
 * same server one after the other. Any thread.
 */
#ifndef ANONID_AGENT_LDAP_SHUN_H
#define ANONID_AGENT_LDAP_SHUN_H

#define ANONID_LDAP_SHUN_SECONDS 5

/* The server of that URL kept somebody waiting in vain. */
void anonid_ldap_shun(const char *url);

/* 1 if it is to be passed over now. */
int anonid_ldap_is_shunned(const char *url);

#endif
