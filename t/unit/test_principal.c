/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of principals that AnonIDLogon krb5 takes, and those it does not;
 * the messages are t/config-account.t's.
 */
#include "unit.h"

#include <string.h>

#include "module/text/principal.h"

static const char *const good[] = {
    "web@EXAMPLE.COM",
    "web/host.example.com@EXAMPLE.COM",
    "a/b/c@REALM",
    "a web@EXAMPLE.COM",
    "web@shop.example@EXAMPLE.COM",
    "web\\@home@EXAMPLE.COM",
    "a\\/b\\\\@EXAMPLE.COM",
    "g\xc3\xa4ste@EXAMPLE.COM",
};

static const struct {
    const char *principal;
    const char *words;
} bad[] = {
    { "web", "realm is missing; write web@REALM" },
    { "web\\@EXAMPLE.COM", "realm is missing" },
    { "SHOP\\web", "write web@REALM, with the realm of the domain SHOP" },
    { "web@EXAMPLE.COM\\", "backslash" },
    { "", "empty" },
    { "@", "empty" },
    { "@EXAMPLE.COM", "empty" },
    { "web@", "empty" },
    { "web@@EXAMPLE.COM", "empty" },
    { "/web@EXAMPLE.COM", "empty" },
    { "web/@EXAMPLE.COM", "empty" },
    { "a@b@c@EXAMPLE.COM", "more than two" },
    { "we\nb@EXAMPLE.COM", "control character" },
    { "web@EXAMPLE.COM\x7f", "control character" },
};

static void names_with_a_realm_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(anonid_principal_error(pool, good[i]));
}

static void all_others_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *error = anonid_principal_error(pool, bad[i].principal);

        assert_non_null(error);
        assert_non_null(strstr(error, bad[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_with_a_realm_are_taken),
        cmocka_unit_test(all_others_are_not),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
