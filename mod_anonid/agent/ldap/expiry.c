/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a password in Active Directory; see expiry.h.
 */
#include "agent/ldap/expiry.h"
#include "agent/ldap/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE "msDS-UserPasswordExpiryTimeComputed"

/* From 1601 to 1970, in seconds. */
#define EPOCH 11644473600LL

/* 0x7fffffffffffffff is never, 0 "at once": then nobody can be bound. What
 * lies beyond the year 9999 is no date. */
#define FILETIME_MAX 2650467743999999999LL

apr_time_t anonid_ldap_filetime(const char *text)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end || end == text || value <= 0 || value > FILETIME_MAX)
        return 0;
    return value / 10 - apr_time_from_sec(EPOCH);
}

/* Where the entry is, and how it is found. */
static char *find(anonid_ldap_t *ldap, const char *name, const char *filter,
                  anonid_ldap_reply_t *reply)
{
    if (!filter)
        return anonid_ldap_search_one(ldap, name, LDAP_SCOPE_BASE,
                                      "(objectClass=*)", ATTRIBUTE, reply);
    return anonid_ldap_search_one(ldap, anonid_ldap_domain(ldap),
                                  LDAP_SCOPE_SUBTREE, filter, ATTRIBUTE,
                                  reply);
}

apr_time_t anonid_ldap_password_end(anonid_ldap_t *ldap, const char *name)
{
    const char *user = strrchr(name, '\\');
    char *filter = NULL, *value = NULL;
    anonid_ldap_reply_t reply;
    apr_time_t when = 0;
    int is_dn = strchr(name, '=') != NULL;

    if (!anonid_ldap_domain(ldap))
        return 0;
    if (!is_dn)
        filter = user ? anonid_ldap_equality("sAMAccountName", user + 1)
                      : anonid_ldap_equality("userPrincipalName", name);
    if (is_dn || filter)
        value = find(ldap, name, filter, &reply);
    if (value)
        when = anonid_ldap_filetime(value);
    free(filter);
    ldap_memfree(value);
    return when;
}
