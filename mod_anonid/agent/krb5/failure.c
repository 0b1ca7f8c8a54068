/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of Kerberos errors; see failure.h.
 */
#include "agent/krb5/failure.h"
#include "agent/krb5/error_data.h"
#include "agent/provider/ntstatus.h"

/* A row for one error; the hint goes into the bracket as well. */
typedef struct {
    krb5_error_code error;
    anonid_failure_t code;
    const char *name;
    const char *hint;
} row_t;

#define ROW(error, code)                                                      \
    {                                                                         \
        error, code, #error, ""                                               \
    }
#define HINTED_ROW(error, code, hint)                                         \
    {                                                                         \
        error, code, #error, " (" hint ")"                                    \
    }

static const row_t rows[] = {
    ROW(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, ANONID_LOGON_FAILURE),
    ROW(KRB5KDC_ERR_PREAUTH_FAILED, ANONID_LOGON_FAILURE),
    ROW(KRB5KRB_AP_ERR_BAD_INTEGRITY, ANONID_LOGON_FAILURE),
    ROW(KRB5_PREAUTH_FAILED, ANONID_LOGON_FAILURE),
    HINTED_ROW(KRB5_KT_NOTFOUND, ANONID_LOGON_FAILURE,
               "the keytab holds no key of the principal"),
    HINTED_ROW(KRB5KRB_ERR_GENERIC, ANONID_LOGON_FAILURE,
               "the KDC does not say why"),
    ROW(KRB5KDC_ERR_CLIENT_NOTYET, ANONID_ACCOUNT_RESTRICTION),
    ROW(KRB5KDC_ERR_ETYPE_NOSUPP, ANONID_ACCOUNT_RESTRICTION),
    ROW(KRB5KDC_ERR_POLICY, ANONID_ACCOUNT_RESTRICTION),
    HINTED_ROW(KRB5KDC_ERR_CLIENT_REVOKED, ANONID_ACCOUNT_RESTRICTION,
               "disabled, expired or locked out"),
    ROW(KRB5KDC_ERR_KEY_EXP, ANONID_PASSWORD_EXPIRED),
    ROW(KRB5KDC_ERR_NAME_EXP, ANONID_ACCOUNT_EXPIRED),
    ROW(KRB5KDC_ERR_SVC_UNAVAILABLE, ANONID_NO_LOGON_SERVERS),
    ROW(KRB5_KDC_UNREACH, ANONID_NO_LOGON_SERVERS),
    ROW(KRB5_REALM_CANT_RESOLVE, ANONID_NO_LOGON_SERVERS),
    ROW(KRB5_REALM_UNKNOWN, ANONID_NO_SUCH_DOMAIN),
    ROW(KRB5_CONFIG_NODEFREALM, ANONID_NO_SUCH_DOMAIN),
    ROW(KRB5KDC_ERR_WRONG_REALM, ANONID_NO_SUCH_DOMAIN),
    ROW(KRB5KRB_AP_ERR_SKEW, ANONID_TIME_SKEW),
    ROW(KRB5_KDCREP_SKEW, ANONID_TIME_SKEW),
};

/* Numbers of KRB-ERROR (RFC 4120 section 7.5.9) in libkrb5's error table. */
#define PROTOCOL_ERRORS 128

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const row_t *find(krb5_error_code error)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].error == error)
            return &rows[i];
    }
    return NULL;
}

/* 1 if the KDC put an NTSTATUS beside its error, which is then the truth. */
static int told_by_ntstatus(anonid_outcome_t *outcome, const row_t *row,
                            const krb5_data *e_data)
{
    const char *status_name;
    anonid_failure_t code;
    uint32_t status;

    if (!e_data || !e_data->data
        || !anonid_krb5_error_data_ntstatus(
            (const unsigned char *)e_data->data, e_data->length, &status)
        || !anonid_ntstatus_failure(status, &code, &status_name))
        return 0;
    anonid_outcome_set(outcome, code, "%s, %s", row->name, status_name);
    return 1;
}

/* What is in no row. A KDC's refusal is permanent, so that it is not repeated
 * until somebody looks; of the trouble on this side of the network (a broken
 * krb5.conf, no memory) no KDC has heard. */
static void unknown(anonid_outcome_t *outcome, krb5_error_code error,
                    const char *message)
{
    int refused = error >= KRB5KDC_ERR_NONE
                  && error < KRB5KDC_ERR_NONE + PROTOCOL_ERRORS;

    anonid_outcome_set(outcome,
                       refused ? ANONID_ACCOUNT_RESTRICTION
                               : ANONID_NO_LOGON_SERVERS,
                       "%s", message ? message : "unknown Kerberos error");
}

void anonid_krb5_failure(anonid_outcome_t *outcome, krb5_error_code error,
                         const krb5_data *e_data, const char *message)
{
    const row_t *row = find(error);

    if (!row) {
        unknown(outcome, error, message);
        return;
    }
    if (told_by_ntstatus(outcome, row, e_data))
        return;
    anonid_outcome_set(outcome, row->code, "%s%s", row->name, row->hint);
    /* One error for three states, some of which pass by themselves. */
    if (error == KRB5KDC_ERR_CLIENT_REVOKED)
        outcome->kind = ANONID_TRANSIENT;
}
