/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a mechanism: from what is allowed and offered, and what the
 * connection rules out.
 */
#include "unit.h"

#include "agent/sasl/mechanism.h"

#include <apr_strings.h>
#include <string.h>

enum {
    PRIVATE = 1,
    BINDING = 2,
    PASSWORD = 4,
    ALL = 7
};

typedef struct {
    const char *allowed;
    const char *offered;
    int terms;
    const char *chosen; /* NULL: none, and then... */
    const char *why;    /* ... this is said; else the binding: n, y or p */
} choice_case_t;

#define DEFAULT "GSSAPI SCRAM-SHA-256-PLUS SCRAM-SHA-256 NTLM CRAM-MD5"

static const choice_case_t cases[] = {
    { DEFAULT, "PLAIN CRAM-MD5 SCRAM-SHA-256", ALL, "SCRAM-SHA-256", "y" },
    { DEFAULT, "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", ALL, "SCRAM-SHA-256-PLUS",
      "p" },
    { DEFAULT, "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", PRIVATE | PASSWORD,
      "SCRAM-SHA-256", "n" },
    { "SCRAM-SHA-256", "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", ALL,
      "SCRAM-SHA-256", "n" },
    { "SCRAM-SHA-256", "SCRAM-SHA-256", ALL, "SCRAM-SHA-256", "n" },
    { "SCRAM-SHA-1-PLUS SCRAM-SHA-1", "SCRAM-SHA-1", ALL, "SCRAM-SHA-1", "y" },
    { "CRAM-MD5 SCRAM-SHA-256", "SCRAM-SHA-256 CRAM-MD5", ALL, "CRAM-MD5",
      "n" },
    { "scram-sha-256", "SCRAM-SHA-256", ALL, "SCRAM-SHA-256", "n" },
    { "PLAIN", "PLAIN", ALL, "PLAIN", "n" },
    { "PLAIN", "PLAIN", BINDING | PASSWORD, NULL,
      "PLAIN would send the password in the clear" },
    { "PLAIN CRAM-MD5", "PLAIN CRAM-MD5", PASSWORD, "CRAM-MD5", "n" },
    { "SCRAM-SHA-256", "SCRAM-SHA-256", PRIVATE, NULL,
      "SCRAM-SHA-256 needs a password" },
    { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", PRIVATE | PASSWORD, NULL,
      "SCRAM-SHA-256-PLUS needs TLS" },
    { DEFAULT, "PLAIN LOGIN", ALL, NULL, "the server offers PLAIN LOGIN" },
    { DEFAULT, "", ALL, NULL, "the server offers none" },
    { "GSSAPI", "GSSAPI", ALL, NULL, "GSSAPI needs a Kerberos ticket" },
    { "GSSAPI", "GSSAPI", PRIVATE, "GSSAPI", "n" },
    { "XOAUTH2", "XOAUTH2", ALL, NULL, "XOAUTH2 needs a token" },
    { "X-ABSENT", "X-ABSENT", ALL, NULL, "X-ABSENT is not in this build" },
    /* Names are whole words. */
    { "PLAIN", "PLAINER XPLAIN", ALL, NULL, "PLAIN is not offered" },
};

static int all_supported(const char *name)
{
    (void)name;
    return 1;
}

static int none_supported(const char *name)
{
    (void)name;
    return 0;
}

static apr_array_header_t *words(const char *list)
{
    apr_array_header_t *array = apr_array_make(pool, 4, sizeof(char *));
    char *rest, *copy = apr_pstrdup(pool, list);

    for (char *word = apr_strtok(copy, " ", &rest); word;
         word = apr_strtok(NULL, " ", &rest))
        APR_ARRAY_PUSH(array, const char *) = word;
    return array;
}

static void check(const choice_case_t *c)
{
    const anonid_mechanism_terms_t terms = {
        (c->terms & PRIVATE) != 0, (c->terms & BINDING) != 0,
        c->terms & PASSWORD ? ANONID_PROOF_PASSWORD : ANONID_PROOF_TICKET,
        all_supported
    };
    anonid_mechanism_t choice;
    char why[512] = "";

    if (!anonid_mechanism_choose(words(c->allowed), c->offered, &terms,
                                 &choice, why, sizeof(why))) {
        assert_null(c->chosen);
        if (!strstr(why, c->why))
            fail_msg("\"%s\" does not say \"%s\"", why, c->why);
        return;
    }
    assert_non_null(c->chosen);
    assert_string_equal(choice.info->name, c->chosen);
    assert_int_equal(choice.binding, strchr("nyp", c->why[0]) - "nyp");
}

static void the_best_is_chosen(void **state)
{

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i]);
}

static void modules_may_be_missing(void **state)
{
    const anonid_mechanism_terms_t terms = { 1, 1, ANONID_PROOF_PASSWORD,
                                             none_supported };
    anonid_mechanism_t choice;
    char why[512];

    (void)state;
    assert_false(anonid_mechanism_choose(words("PLAIN"), "PLAIN", &terms,
                                         &choice, why, sizeof(why)));
    assert_non_null(strstr(why, "not installed: libsasl2-modules"));
}

static void reasons_fit_their_room(void **state)
{
    const anonid_mechanism_terms_t terms = { 1, 1, ANONID_PROOF_PASSWORD,
                                             all_supported };
    anonid_mechanism_t choice;
    char why[20];

    (void)state;
    assert_false(anonid_mechanism_choose(words(DEFAULT), "PLAIN LOGIN", &terms,
                                         &choice, why, sizeof(why)));
    assert_int_equal(strlen(why), sizeof(why) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_chosen),
        cmocka_unit_test(modules_may_be_missing),
        cmocka_unit_test(reasons_fit_their_room),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
