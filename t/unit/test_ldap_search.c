/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts as searches: which texts are searches, and the filters that are
 * made of them. No server is needed.
 */
#include "unit.h"

#include <string.h>

#include "agent/ldap/search.h"

static const struct {
    const char *text;
    int is_search;
} principals[] = {
    { "ldap:///dc=test?uid?sub", 1 },
    { "uid=web,dc=test", 0 },
    { "EXAMPLE\\web", 0 },
    { "web@example.test", 0 },
    { "", 0 },
};

static void a_search_is_a_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(principals); i++) {
        if (anonid_ldap_is_search(principals[i].text)
            != principals[i].is_search)
            fail_msg("%s", principals[i].text);
    }
}

static const struct {
    const char *url, *user, *filter;
} filters[] = {
    { "ldap:///dc=test??sub", "web", "(uid=web)" },
    { "ldap:///dc=test?cn?sub", "web", "(cn=web)" },
    { "ldap:///dc=test??sub?(mail=web@a.test)", "x", "(mail=web@a.test)" },
    { "ldap:///dc=test?cn?sub?(objectClass=person)", "web",
      "(&(objectClass=person)(cn=web))" },
    { "ldap:///dc=test?cn?sub?(o=a%3Fb)", "web", "(&(o=a?b)(cn=web))" },
    { "ldap:///dc=test?cn?sub", "a*)(cn=b", "(cn=a\\2A\\29\\28cn=b)" },
    { "ldap:///dc=test?cn?sub", "a\\b", "(cn=a\\5Cb)" },
};

static void the_filter_is_of_attribute_user_and_filter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(filters); i++) {
        anonid_ldap_search_t search;

        assert_true(anonid_ldap_search_parse(&search, filters[i].url,
                                             filters[i].user));
        if (strcasecmp(search.filter, filters[i].filter) != 0)
            fail_msg("%s: %s", filters[i].url, search.filter);
        anonid_ldap_search_free(&search);
    }
}

static void base_and_scope_are_those_of_the_url(void **state)
{
    anonid_ldap_search_t search;

    (void)state;
    assert_true(
        anonid_ldap_search_parse(&search, "ldap:///ou=a%20b?cn?one", "web"));
    assert_string_equal(search.url->lud_dn, "ou=a b");
    assert_int_equal(search.url->lud_scope, LDAP_SCOPE_ONELEVEL);
    anonid_ldap_search_free(&search);
}

static void what_is_no_url_is_refused(void **state)
{
    anonid_ldap_search_t search;

    (void)state;
    assert_false(anonid_ldap_search_parse(&search, "ldap://[::1", "web"));
    anonid_ldap_search_free(&search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_is_a_url),
        cmocka_unit_test(the_filter_is_of_attribute_user_and_filter),
        cmocka_unit_test(base_and_scope_are_those_of_the_url),
        cmocka_unit_test(what_is_no_url_is_refused),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
