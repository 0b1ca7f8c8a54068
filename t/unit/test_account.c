/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts: names, the way over the wire, the failure table and the words of
 * the warning (the contract that log watchers rely on).
 */
#include "unit.h"

#include <string.h>

#include "common/protocol.h"
#include "common/warning.h"

static void names_have_a_user_part(void **state)
{
    (void)state;
    assert_string_equal(
        anonid_account_make(pool, "YOURDOMAIN\\AnonUser")->user, "AnonUser");
    assert_string_equal(anonid_account_make(pool, "anon@EXAMPLE.TEST")->user,
                        "anon");
    assert_string_equal(anonid_account_make(pool, "IUSR_web1")->user,
                        "IUSR_web1");
}

static void names_are_checked(void **state)
{
    static const char *const wrong[] = { "",    "a:b", "a/b", "a\nb",  "\\a",
                                         "a\\", "a@",  "@a",  "a\\b@c" };

    (void)state;
    assert_null(anonid_account_name_error("IUSR_web1"));
    assert_null(anonid_account_name_error("YOURDOMAIN\\AnonUser"));
    assert_null(anonid_account_name_error("anon@EXAMPLE.TEST"));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (!anonid_account_name_error(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void an_account_survives_the_wire(void **state)
{
    anonid_account_t *account = anonid_account_make(pool, "EX\\anon"), *back;
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    size_t consumed;

    (void)state;
    account->provider = ANONID_PROVIDER_LDAP;
    account->principal = "cn=anon,dc=example,dc=test";
    APR_ARRAY_PUSH(account->urls, const char *) = "ldaps://a";
    APR_ARRAY_PUSH(account->urls, const char *) = "ldaps://b";
    APR_ARRAY_PUSH(account->options, const char *) = "ca=/ca.pem";
    account->secret = "file:/etc/s";
    account->slot = 12;
    assert_true(anonid_account_encode(&w, account));
    assert_int_equal(anonid_wire_decode(w.data, w.length, ANONID_CONTROL_MAX,
                                        &frame, &consumed),
                     ANONID_PARSE_OK);
    back = anonid_account_decode(&frame, pool);
    assert_non_null(back);
    assert_string_equal(back->name, account->name);
    assert_string_equal(back->user, "anon");
    assert_string_equal(back->principal, account->principal);
    assert_int_equal(back->provider, ANONID_PROVIDER_LDAP);
    assert_int_equal(back->urls->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(back->urls, 1, const char *),
                        "ldaps://b");
    assert_int_equal(back->options->nelts, 1);
    assert_string_equal(back->secret, "file:/etc/s");
    assert_null(back->path);
    assert_int_equal(back->slot, 12);
    anonid_writer_free(&w);
}

static void every_code_has_its_windows_number_and_text(void **state)
{
    static const struct {
        int code;
        const char *text;
    } rows[] = {
        { 1326, "Logon failure: unknown user name or bad password." },
        { 1327, "Logon failure: user account restriction." },
        { 1328, "Logon failure: account logon time restriction violation." },
        { 1329,
          "Logon failure: user not allowed to log on to this computer." },
        { 1330, "Logon failure: the specified account password has expired." },
        { 1331, "Logon failure: account currently disabled." },
        { 1385, "Logon failure: the user has not been granted the requested "
                "logon type at this computer." },
        { 1793, "The user's account has expired." },
        { 1907, "The user's password must be changed before logging on the "
                "first time." },
        { 1909, "The referenced account is currently locked out and may not "
                "be logged on to." },
        { 1311, "There are currently no logon servers available to service "
                "the logon request." },
        { 1355, "The specified domain either does not exist or could not be "
                "contacted." },
        { 1398, "There is a time and/or date difference between the client "
                "and server." },
        { 5, "Access is denied." },
    };
    int n;

    (void)state;
    anonid_failure_table(&n);
    assert_int_equal(n, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const anonid_failure_info_t *info =
            anonid_failure_info((anonid_failure_t)rows[i].code);

        assert_int_equal(info->code, rows[i].code);
        assert_string_equal(info->text, rows[i].text);
    }
    assert_int_equal(anonid_failure_info((anonid_failure_t)4711)->code, 5);
}

static void the_warning_has_the_known_words(void **state)
{
    anonid_account_t *account =
        anonid_account_make(pool, "YOURDOMAIN\\AnonUser");

    (void)state;
    account->provider = ANONID_PROVIDER_KRB5;
    assert_string_equal(
        anonid_warning_text(pool, account, ANONID_LOGON_FAILURE,
                            "KRB5KDC_ERR_PREAUTH_FAILED", 0,
                            "https://help.example/anonid"),
        "ANID0001: The server was unable to logon the Windows NT account "
        "'YOURDOMAIN\\AnonUser' due to the following error: Logon failure: "
        "unknown user name or bad password. The data is the error code. For "
        "additional information specific to this message please visit "
        "https://help.example/anonid#1326 [data 0000052e, provider krb5, "
        "KRB5KDC_ERR_PREAUTH_FAILED]");
    account = anonid_account_make(pool, "IUSR_web1");
    assert_non_null(
        strstr(anonid_warning_text(pool, account, ANONID_ACCESS_DENIED, "", 0,
                                   "https://h/"),
               "the local account 'IUSR_web1' due to the following"
               " error: Access is denied. The data is"));
    assert_non_null(
        strstr(anonid_warning_text(pool, account, ANONID_ACCESS_DENIED, "", 0,
                                   "https://h/"),
               "https://h/#5 [data 00000005, provider file]"));
}

static void the_recovery_counts_and_times(void **state)
{
    anonid_account_t *account = anonid_account_make(pool, "IUSR_web1");

    (void)state;
    assert_string_equal(anonid_recovered_text(pool, account, 1, 41),
                        "ANID0002: The account 'IUSR_web1' is logged on again "
                        "after 1 failure in 41 s.");
    assert_string_equal(anonid_recovered_text(pool, account, 3, 7800),
                        "ANID0002: The account 'IUSR_web1' is logged on again "
                        "after 3 failures in 2 h 10 min.");
}

static void each_secret_has_its_kind_and_proofs(void **state)
{
    static const struct {
        const char *source;
        anonid_provider_t provider;
        anonid_secret_kind_t kind;
        unsigned proofs;
    } rows[] = {
        { "file:/s", ANONID_PROVIDER_FILE, ANONID_SECRET_PASSWORD,
          ANONID_PROOF_PASSWORD },
        { "exec:/keytab:", ANONID_PROVIDER_LDAP, ANONID_SECRET_PASSWORD,
          ANONID_PROOF_PASSWORD },
        { NULL, ANONID_PROVIDER_FILE, ANONID_SECRET_PASSWORD,
          ANONID_PROOF_PASSWORD },
        { "file:/s", ANONID_PROVIDER_KRB5, ANONID_SECRET_PASSWORD,
          ANONID_PROOF_PASSWORD | ANONID_PROOF_TICKET },
        { "keytab:/k", ANONID_PROVIDER_KRB5, ANONID_SECRET_KEYTAB,
          ANONID_PROOF_TICKET },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        anonid_account_t *account = anonid_account_make(pool, "a");

        account->secret = rows[i].source;
        account->provider = rows[i].provider;
        assert_int_equal(anonid_account_secret_kind(account), rows[i].kind);
        assert_int_equal(anonid_account_proofs(account), rows[i].proofs);
    }
}

static void a_detail_is_one_printable_line(void **state)
{
    anonid_outcome_t outcome;
    char longest[2 * ANONID_DETAIL_MAX];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    anonid_outcome_set(&outcome, ANONID_LOGON_FAILURE, "a\nb\x1b%s", longest);
    assert_int_equal(strlen(outcome.detail), ANONID_DETAIL_MAX - 1);
    assert_memory_equal(outcome.detail, "a b xxx", 7);
    assert_int_equal(outcome.kind, ANONID_PERMANENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_a_user_part),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(an_account_survives_the_wire),
        cmocka_unit_test(every_code_has_its_windows_number_and_text),
        cmocka_unit_test(the_warning_has_the_known_words),
        cmocka_unit_test(the_recovery_counts_and_times),
        cmocka_unit_test(each_secret_has_its_kind_and_proofs),
        cmocka_unit_test(a_detail_is_one_printable_line),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
