/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts as searches; see search.h.
 */
#include "agent/ldap/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int anonid_ldap_is_search(const char *principal)
{
    return ldap_is_ldap_url(principal);
}

char *anonid_ldap_equality(const char *attribute, const char *user)
{
    struct berval plain = { strlen(user), (char *)user };
    struct berval escaped = { 0, NULL };
    char *filter = NULL;

    if (ldap_bv2escaped_filter_value(&plain, &escaped) == 0
        && asprintf(&filter, "(%s=%s)", attribute, escaped.bv_val) < 0)
        filter = NULL;
    ldap_memfree(escaped.bv_val);
    return filter;
}

static char *both(const char *one, const char *other)
{
    char *filter;

    return asprintf(&filter, "(&%s%s)", one, other) < 0 ? NULL : filter;
}

static char *make_filter(const LDAPURLDesc *url, const char *user)
{
    const char *attribute = url->lud_attrs ? url->lud_attrs[0] : NULL;
    char *own, *filter;

    if (!attribute && url->lud_filter)
        return strdup(url->lud_filter);
    own = anonid_ldap_equality(attribute ? attribute : "uid", user);
    if (!own || !url->lud_filter)
        return own;
    filter = both(url->lud_filter, own);
    free(own);
    return filter;
}

int anonid_ldap_search_parse(anonid_ldap_search_t *search,
                             const char *principal, const char *user)
{
    memset(search, 0, sizeof(*search));
    if (ldap_url_parse(principal, &search->url) != LDAP_URL_SUCCESS) {
        search->url = NULL;
        return 0;
    }
    search->filter = make_filter(search->url, user);
    return search->filter != NULL;
}

void anonid_ldap_search_free(anonid_ldap_search_t *search)
{
    free(search->filter);
    ldap_free_urldesc(search->url);
    memset(search, 0, sizeof(*search));
}
