/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDAP results: every row of the failure table, Active Directory's sub-codes
 * in real and in hostile diagnostic texts, password-policy errors. Recorded
 * texts stand in for states that no test server can produce (account
 * restriction, logon type, a domain out of reach); Samba produces the others,
 * in t/logon-ad-ldap.t.
 */
#include "unit.h"

#include <ldap.h>
#include <string.h>

#include "agent/ldap/failure.h"

#define AD(data)                                                              \
    "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext "       \
    "error, data " data ", v2580"

static const struct {
    const char *text;
    int found;
    uint32_t data;
} texts[] = {
    { AD("52e"), 1, 0x52e },
    { AD("775"), 1, 0x775 },
    { AD("52E"), 1, 0x52e },
    { AD("ffffffff"), 1, 0xffffffff },
    { AD("1ffffffff"), 0, 0 },
    { AD(""), 0, 0 },
    { AD("-52e"), 0, 0 },
    { AD("xyz"), 0, 0 },
    { "", 0, 0 },
    { ", data ", 0, 0 },
    { ", data 52e", 1, 0x52e },
    { "data 52e", 0, 0 },
    { ", data 5, data 6", 1, 5 },
};

static void the_sub_code_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint32_t data = 0;

        if (anonid_ad_data(texts[i].text, &data) != texts[i].found)
            fail_msg("%s", texts[i].text);
        if (texts[i].found)
            assert_int_equal(data, texts[i].data);
    }
}

static void a_sub_code_far_behind_is_not_looked_for(void **state)
{
    static char text[4096];
    uint32_t data;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + 2000, ", data 52e", 10);
    assert_false(anonid_ad_data(text, &data));
    memcpy(text + 1020, ", data 52e", 10);
    assert_false(anonid_ad_data(text, &data));
}

static const struct {
    int result, ppolicy;
    const char *text;
    int code;
    anonid_failure_kind_t kind;
} binds[] = {
    { LDAP_SUCCESS, ANONID_PPOLICY_NONE, NULL, 0, ANONID_PERMANENT },
    { LDAP_SUCCESS, PP_noError, NULL, 0, ANONID_PERMANENT },
    { LDAP_SUCCESS, PP_changeAfterReset, NULL, 1907, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, ANONID_PPOLICY_NONE, NULL, 1326,
      ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, PP_passwordExpired, NULL, 1330,
      ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, PP_accountLocked, NULL, 1909,
      ANONID_TRANSIENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("51f"), 1311, ANONID_TRANSIENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("525"), 1326, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("52e"), 1326, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("52f"), 1327, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("530"), 1328, ANONID_TRANSIENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("531"), 1329, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("532"), 1330, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("533"), 1331, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("54b"), 1355, ANONID_TRANSIENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("569"), 1385, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("701"), 1793, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("773"), 1907, ANONID_PERMANENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("775"), 1909, ANONID_TRANSIENT },
    { LDAP_INVALID_CREDENTIALS, -1, AD("999"), 1326, ANONID_PERMANENT },
    { LDAP_SERVER_DOWN, -1, NULL, 1311, ANONID_TRANSIENT },
    { LDAP_TIMEOUT, -1, NULL, 1311, ANONID_TRANSIENT },
    { LDAP_BUSY, -1, NULL, 1311, ANONID_TRANSIENT },
    { LDAP_UNAVAILABLE, -1, AD("52e"), 1311, ANONID_TRANSIENT },
    { 81, -1, NULL, 1311, ANONID_TRANSIENT },
    { 91, -1, NULL, 1311, ANONID_TRANSIENT },
    { LDAP_UNWILLING_TO_PERFORM, -1, "no", 1327, ANONID_PERMANENT },
    { 4711, -1, NULL, 1327, ANONID_PERMANENT },
};

static void every_result_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(binds); i++) {
        anonid_outcome_t outcome;

        anonid_ldap_failure(&outcome, binds[i].result, binds[i].ppolicy,
                            binds[i].text);
        if ((int)outcome.code != binds[i].code
            || outcome.kind != binds[i].kind)
            fail_msg("row %zu: code %d", i, (int)outcome.code);
    }
}

static void an_endless_text_is_cut(void **state)
{
    static char text[100000];
    anonid_outcome_t outcome;

    (void)state;
    memset(text, '\n', sizeof(text) - 1);
    anonid_ldap_failure(&outcome, LDAP_OTHER, -1, text);
    assert_true(strlen(outcome.detail) < ANONID_DETAIL_MAX);
    assert_null(strchr(outcome.detail, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sub_code_is_read),
        cmocka_unit_test(a_sub_code_far_behind_is_not_looked_for),
        cmocka_unit_test(every_result_has_its_row),
        cmocka_unit_test(an_endless_text_is_cut),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
