/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of directory accounts as far as no server answers: what it
 * refuses to send, who it says is not there, and whom it passes over. What
 * servers answer is tested with real ones.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "agent/ldap/shun.h"
#include "agent/provider/provider.h"

#define NOBODY "ldapi://%2Fnonexistent%2Fldapi"

/* One attempt of an account with that DN and password (NULL: none) at these
 * servers (NULL: no more). */
static anonid_outcome_t attempt_of(const char *dn, const char *password,
                                   const char *url, const char *other)
{
    anonid_account_t *account = anonid_account_make(pool, "web");
    anonid_secret_t *secret =
        password ? anonid_secret_make(ANONID_SECRET_PASSWORD, password,
                                      strlen(password))
                 : NULL;
    anonid_attempt_t attempt;

    memset(&attempt, 0, sizeof(attempt));
    account->provider = ANONID_PROVIDER_LDAP;
    account->principal = dn;
    if (url)
        APR_ARRAY_PUSH(account->urls, const char *) = url;
    if (other)
        APR_ARRAY_PUSH(account->urls, const char *) = other;
    attempt.account = account;
    attempt.secret = secret;
    anonid_provider_ldap.logon(&attempt);
    assert_null(attempt.credentials);
    anonid_secret_drop(secret);
    return attempt.outcome;
}

static const struct {
    const char *dn, *password, *url;
    int code;
    const char *detail;
} refused[] = {
    { "cn=web", NULL, NOBODY, 1326, "the password or the DN is empty" },
    { "", "secret", NOBODY, 1326, "the password or the DN is empty" },
    { "  ", "secret", NOBODY, 1326, "the password or the DN is empty" },
    { NULL, "secret", NOBODY, 1326, "the password or the DN is empty" },
    { "cn=web", "secret", NULL, 1311, "none is configured" },
    { "cn=web", "secret", NOBODY, 1311,
      NOBODY ": LDAP result -1, Can't contact LDAP server: No such file or "
             "directory" },
    { "cn=web", "secret", "ldap://127.0.0.1:1", 1311,
      "ldap://127.0.0.1:1: LDAP result -1, Can't contact LDAP server: "
      "Connection refused" },
};

static void a_logon_that_cannot_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        anonid_outcome_t outcome = attempt_of(
            refused[i].dn, refused[i].password, refused[i].url, NULL);

        assert_int_equal(outcome.code, refused[i].code);
        assert_string_equal(outcome.detail, refused[i].detail);
    }
}

static void a_path_that_is_too_long_is_no_overrun(void **state)
{
    char url[600] = "ldapi://%2F";

    (void)state;
    memset(url + strlen(url), 'x', sizeof(url) - strlen(url) - 1);
    assert_non_null(strstr(attempt_of("cn=web", "x", url, NULL).detail,
                           "the path of the socket is too long"));
}

static void what_is_no_url_is_not_called(void **state)
{
    (void)state;
    assert_int_equal(attempt_of("cn=web", "x", "http://a.test", NULL).code,
                     1327);
}

static void a_server_that_hung_is_passed_over(void **state)
{
    static const char hung[] = "ldap://127.0.0.1:2";
    anonid_outcome_t outcome;

    (void)state;
    assert_false(anonid_ldap_is_shunned(hung));
    anonid_ldap_shun(hung);
    assert_true(anonid_ldap_is_shunned(hung));
    assert_false(anonid_ldap_is_shunned("ldap://127.0.0.1:3"));
    outcome = attempt_of("cn=web", "x", hung, NULL);
    assert_int_equal(outcome.code, 1311);
    assert_non_null(strstr(outcome.detail, "kept another logon waiting"));
    outcome = attempt_of("cn=web", "x", hung, NOBODY);
    assert_non_null(strstr(outcome.detail, "No such file"));
}

static void only_the_last_servers_that_hung_are_known(void **state)
{
    char url[64];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(url, sizeof(url), "ldap://host%d.test", i);
        anonid_ldap_shun(url);
    }
    assert_true(anonid_ldap_is_shunned(url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_logon_that_cannot_be_is_refused),
        cmocka_unit_test(a_path_that_is_too_long_is_no_overrun),
        cmocka_unit_test(what_is_no_url_is_not_called),
        cmocka_unit_test(a_server_that_hung_is_passed_over),
        cmocka_unit_test(only_the_last_servers_that_hung_are_known),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
