/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account that is configured as a search instead of a DN, in the form that
 * httpd's own AuthLDAPURL has:
 *
 *   ldap:///base?attribute?scope?(filter)
 *
 * in which the configuration has put the scope if it was left out.
 * Owns reading it and making the filter; sends nothing.
 */
#ifndef ANONID_AGENT_LDAP_SEARCH_H
#define ANONID_AGENT_LDAP_SEARCH_H

#include <ldap.h>

typedef struct {
    LDAPURLDesc *url; /* base and scope */
    char *filter;
} anonid_ldap_search_t;

/* 1 if the principal is a search and not a DN, DOMAIN\user or user@domain. */
int anonid_ldap_is_search(const char *principal);

/* Reads a search for that user. The attribute, if one is given, has to be the
 * user, and the filter has to fit; without both the attribute is uid. 1, or 0
 * if it is malformed or there is no memory. anonid_ldap_search_free in either
 * case. */
int anonid_ldap_search_parse(anonid_ldap_search_t *search,
                             const char *principal, const char *user);
void anonid_ldap_search_free(anonid_ldap_search_t *search);

/* "(attribute=value)", the value with its special characters escaped (RFC 4515
 * section 3), to be freed. NULL if there is no memory. */
char *anonid_ldap_equality(const char *attribute, const char *value);

#endif
