/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the password of whoever is bound ends, where the directory is Active
 * Directory's kind. Others say it in the answer to the bind, by password
 * policy.
 */
#ifndef ANONID_AGENT_LDAP_EXPIRY_H
#define ANONID_AGENT_LDAP_EXPIRY_H

#include "agent/ldap/session.h"

#include <apr_time.h>

/* The directory's msDS-UserPasswordExpiryTimeComputed ([MS-ADA2], which every
 * user can read of himself) of the account that the name is bound as: a DN,
 * DOMAIN\user or user@domain. 0: never, or it does not say. */
apr_time_t anonid_ldap_password_end(anonid_ldap_t *ldap, const char *name);

/* A FILETIME in decimal (100 ns since 1601) as a time; 0: it is none, or
 * stands for never. */
apr_time_t anonid_ldap_filetime(const char *text);

#endif
