/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kerberos errors: every error of the failure table, and the NTSTATUS in the
 * e-data of Windows and Samba in the two shapes they are sent in. Recorded
 * replies stand in for what no test server says (workstation, and locked out
 * with e-data); Samba says the others, in t/logon-ad-krb5.t.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/krb5/error_data.h"
#include "agent/krb5/failure.h"

/* Samba 4.17: METHOD-DATA with one KERB-EXT-ERROR, here 0xC0000072. */
static const unsigned char samba_disabled[] = { 0x30, 0x17, 0x30, 0x15, 0xa1,
                                                0x03, 0x02, 0x01, 0x03, 0xa2,
                                                0x0e, 0x04, 0x0c, 0x72, 0x00,
                                                0x00, 0xc0, 0x00, 0x00, 0x00,
                                                0x00, 0x01, 0x00, 0x00, 0x00 };

/* MS-KILE 2.2.2: KERB-ERROR-DATA alone, here 0xC0000234. */
static const unsigned char windows_locked[] = {
    0x30, 0x15, 0xa1, 0x03, 0x02, 0x01, 0x03, 0xa2, 0x0e, 0x04, 0x0c, 0x34,
    0x02, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00
};

static void both_shapes_are_read(void **state)
{
    uint32_t status = 0;

    (void)state;
    assert_true(anonid_krb5_error_data_ntstatus(
        samba_disabled, sizeof(samba_disabled), &status));
    assert_int_equal(status, 0xc0000072);
    assert_true(anonid_krb5_error_data_ntstatus(
        windows_locked, sizeof(windows_locked), &status));
    assert_int_equal(status, 0xc0000234);
}

static void a_status_behind_other_elements_is_found(void **state)
{
    unsigned char data[sizeof(samba_disabled) + 9] = { 0x30, 0x20, 0x30, 0x07,
                                                       0xa1, 0x03, 0x02, 0x01,
                                                       0x0b, 0xa2, 0x00 };
    uint32_t status = 0;

    (void)state;
    memcpy(data + 11, samba_disabled + 2, sizeof(samba_disabled) - 2);
    assert_true(anonid_krb5_error_data_ntstatus(data, sizeof(data), &status));
    assert_int_equal(status, 0xc0000072);
}

static void cut_data_holds_no_status(void **state)
{
    uint32_t status;

    (void)state;
    for (size_t n = 0; n < sizeof(samba_disabled); n++) {
        unsigned char *part = malloc(n ? n : 1);

        memcpy(part, samba_disabled, n);
        assert_false(anonid_krb5_error_data_ntstatus(part, n, &status));
        free(part);
    }
}

/* An octet that, changed, makes it something else. */
static void data_that_is_not_what_it_says_holds_no_status(void **state)
{
    static const struct {
        size_t at;
        unsigned char octet;
    } damage[] = { { 0, 0x31 },  { 1, 0x80 },  { 1, 0x84 }, { 2, 0x31 },
                   { 4, 0xa2 },  { 7, 0x02 },  { 8, 0x02 }, { 9, 0xa3 },
                   { 11, 0x03 }, { 12, 0x0b }, { 12, 0x7f } };
    uint32_t status;

    (void)state;
    for (size_t i = 0; i < COUNT(damage); i++) {
        unsigned char data[sizeof(samba_disabled)];

        memcpy(data, samba_disabled, sizeof(data));
        data[damage[i].at] = damage[i].octet;
        if (anonid_krb5_error_data_ntstatus(data, sizeof(data), &status))
            fail_msg("octet %zu as %x was taken", damage[i].at,
                     damage[i].octet);
    }
}

static const struct {
    krb5_error_code error;
    int code;
    anonid_failure_kind_t kind;
} errors[] = {
    { KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, 1326, ANONID_PERMANENT },
    { KRB5KDC_ERR_PREAUTH_FAILED, 1326, ANONID_PERMANENT },
    { KRB5KRB_AP_ERR_BAD_INTEGRITY, 1326, ANONID_PERMANENT },
    { KRB5KDC_ERR_POLICY, 1327, ANONID_PERMANENT },
    { KRB5KDC_ERR_CLIENT_REVOKED, 1327, ANONID_TRANSIENT },
    { KRB5KDC_ERR_KEY_EXP, 1330, ANONID_PERMANENT },
    { KRB5KDC_ERR_NAME_EXP, 1793, ANONID_PERMANENT },
    { KRB5_KDC_UNREACH, 1311, ANONID_TRANSIENT },
    { KRB5_REALM_CANT_RESOLVE, 1311, ANONID_TRANSIENT },
    { KRB5_REALM_UNKNOWN, 1355, ANONID_TRANSIENT },
    { KRB5KDC_ERR_WRONG_REALM, 1355, ANONID_TRANSIENT },
    { KRB5KRB_AP_ERR_SKEW, 1398, ANONID_TRANSIENT },
    { KRB5_KDCREP_SKEW, 1398, ANONID_TRANSIENT },
    { KRB5_KT_NOTFOUND, 1326, ANONID_PERMANENT },
    { KRB5KRB_ERR_GENERIC, 1326, ANONID_PERMANENT },
    { KRB5_CONFIG_NODEFREALM, 1355, ANONID_TRANSIENT },
    /* What a KDC says and we do not know; what no KDC has heard of. */
    { KRB5KDC_ERR_MUST_USE_USER2USER, 1327, ANONID_PERMANENT },
    { KRB5KDC_ERR_CLIENT_NOT_TRUSTED, 1327, ANONID_PERMANENT },
    { KRB5_CONFIG_BADFORMAT, 1311, ANONID_TRANSIENT },
    { KRB5_KDCREP_MODIFIED, 1311, ANONID_TRANSIENT },
    { ENOMEM, 1311, ANONID_TRANSIENT },
};

static void every_error_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        anonid_outcome_t outcome;

        anonid_krb5_failure(&outcome, errors[i].error, NULL, "words");
        assert_int_equal(outcome.code, errors[i].code);
        assert_int_equal(outcome.kind, errors[i].kind);
    }
}

static void a_revoked_client_without_cause_says_so(void **state)
{
    anonid_outcome_t outcome;

    (void)state;
    anonid_krb5_failure(&outcome, KRB5KDC_ERR_CLIENT_REVOKED, NULL, NULL);
    assert_string_equal(
        outcome.detail,
        "KRB5KDC_ERR_CLIENT_REVOKED (disabled, expired or locked out)");
}

static const struct {
    unsigned char low, high; /* of the NTSTATUS 0xC000hhll */
    krb5_error_code error;
    int code;
} recorded[] = {
    { 0x34, 0x02, KRB5KDC_ERR_CLIENT_REVOKED, 1909 },
    { 0x72, 0x00, KRB5KDC_ERR_CLIENT_REVOKED, 1331 },
    { 0x93, 0x01, KRB5KDC_ERR_CLIENT_REVOKED, 1793 },
    { 0x6f, 0x00, KRB5KDC_ERR_CLIENT_REVOKED, 1328 },
    { 0x24, 0x02, KRB5KDC_ERR_KEY_EXP, 1907 },
    { 0x71, 0x00, KRB5KDC_ERR_KEY_EXP, 1330 },
    { 0x70, 0x00, KRB5KDC_ERR_POLICY, 1329 },
    { 0x99, 0x09, KRB5KDC_ERR_POLICY, 1327 }, /* a status we do not know */
};

static void the_status_tells_the_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recorded); i++) {
        char octets[sizeof(samba_disabled)];
        krb5_data e_data = { 0, sizeof(octets), octets };
        anonid_outcome_t outcome;

        memcpy(octets, samba_disabled, sizeof(octets));
        octets[13] = (char)recorded[i].low;
        octets[14] = (char)recorded[i].high;
        anonid_krb5_failure(&outcome, recorded[i].error, &e_data, NULL);
        assert_int_equal(outcome.code, recorded[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_shapes_are_read),
        cmocka_unit_test(a_status_behind_other_elements_is_found),
        cmocka_unit_test(cut_data_holds_no_status),
        cmocka_unit_test(data_that_is_not_what_it_says_holds_no_status),
        cmocka_unit_test(every_error_has_its_row),
        cmocka_unit_test(a_revoked_client_without_cause_says_so),
        cmocka_unit_test(the_status_tells_the_cause),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
