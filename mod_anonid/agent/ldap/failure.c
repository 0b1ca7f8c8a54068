/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of LDAP results; see failure.h.
 */
#include "agent/ldap/failure.h"

#include <ldap.h>
#include <string.h>

#define TEXT_MAX 1024
#define DIGITS_MAX 8

typedef struct {
    int number;
    anonid_failure_t code;
    const char *name; /* NULL: libldap's own words */
} row_t;

/* Results that are in no row are refusals that we do not know: permanent, so
 * that a bind is not repeated until somebody looks. */
static const row_t results[] = {
    { LDAP_INVALID_CREDENTIALS, ANONID_LOGON_FAILURE, NULL },
    { LDAP_NO_SUCH_OBJECT, ANONID_LOGON_FAILURE, NULL },
    { LDAP_INVALID_DN_SYNTAX, ANONID_LOGON_FAILURE, NULL },
    /* Another server has the account; nobody looked at the password. */
    { LDAP_REFERRAL, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_BUSY, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_UNAVAILABLE, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_TIMELIMIT_EXCEEDED, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_ADMINLIMIT_EXCEEDED, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_OPERATIONS_ERROR, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_PROTOCOL_ERROR, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_SERVER_DOWN, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_TIMEOUT, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_CONNECT_ERROR, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_DECODING_ERROR, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_LOCAL_ERROR, ANONID_NO_LOGON_SERVERS, NULL },
    { LDAP_NO_MEMORY, ANONID_NO_LOGON_SERVERS, NULL },
    /* The protocol's numbers of what libldap counts negative. */
    { 81, ANONID_NO_LOGON_SERVERS, "server down" },
    { 85, ANONID_NO_LOGON_SERVERS, "timeout" },
    { 91, ANONID_NO_LOGON_SERVERS, "connect error" },
};

static const row_t policies[] = {
    { PP_passwordExpired, ANONID_PASSWORD_EXPIRED, "passwordExpired" },
    { PP_accountLocked, ANONID_ACCOUNT_LOCKED_OUT, "accountLocked" },
    { PP_changeAfterReset, ANONID_PASSWORD_MUST_CHANGE, "changeAfterReset" },
};

/* Active Directory's sub-codes are Win32 errors, or 0x525 for an unknown
 * user. A read-only controller that reaches no other one says 0x51f: nobody
 * looked at the password. */
static const row_t ad_codes[] = {
    { 0x51f, ANONID_NO_LOGON_SERVERS, NULL },
    { 0x525, ANONID_LOGON_FAILURE, NULL },
    { 0x52e, ANONID_LOGON_FAILURE, NULL },
    { 0x52f, ANONID_ACCOUNT_RESTRICTION, NULL },
    { 0x530, ANONID_INVALID_LOGON_HOURS, NULL },
    { 0x531, ANONID_INVALID_WORKSTATION, NULL },
    { 0x532, ANONID_PASSWORD_EXPIRED, NULL },
    { 0x533, ANONID_ACCOUNT_DISABLED, NULL },
    { 0x54b, ANONID_NO_SUCH_DOMAIN, NULL },
    { 0x569, ANONID_LOGON_TYPE_NOT_GRANTED, NULL },
    { 0x701, ANONID_ACCOUNT_EXPIRED, NULL },
    { 0x773, ANONID_PASSWORD_MUST_CHANGE, NULL },
    { 0x775, ANONID_ACCOUNT_LOCKED_OUT, NULL },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const row_t *find(const row_t *rows, size_t n, long number)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int anonid_ad_data(const char *text, uint32_t *data)
{
    static const char mark[] = ", data ";
    size_t length = strnlen(text, TEXT_MAX), digits = 0;
    const char *at = memmem(text, length, mark, sizeof(mark) - 1);
    uint32_t number = 0;

    if (!at)
        return 0;
    for (at += sizeof(mark) - 1; at < text + length; at++, digits++) {
        int digit = hex_digit(*at);

        if (digit < 0)
            break;
        if (digits == DIGITS_MAX)
            return 0;
        number = number << 4 | (uint32_t)digit;
    }
    *data = number;
    return digits > 0;
}

/* 1 if the password policy names the cause. */
static int told_by_policy(anonid_outcome_t *outcome, int ppolicy)
{
    const row_t *row = find(policies, COUNT(policies), ppolicy);

    if (!row)
        return 0;
    anonid_outcome_set(outcome, row->code, "%s", row->name);
    return 1;
}

/* 1 if Active Directory's diagnostic text names the cause. */
static int told_by_data(anonid_outcome_t *outcome, const char *text)
{
    const row_t *row;
    uint32_t data;

    if (!text || !anonid_ad_data(text, &data))
        return 0;
    row = find(ad_codes, COUNT(ad_codes), (long)data);
    if (!row)
        return 0;
    anonid_outcome_set(outcome, row->code, "LDAP result 49, data %x",
                       (unsigned)data);
    return 1;
}

void anonid_ldap_failure(anonid_outcome_t *outcome, int result, int ppolicy,
                         const char *text)
{
    const row_t *row;

    if (told_by_policy(outcome, ppolicy))
        return;
    if (result == LDAP_SUCCESS) {
        anonid_outcome_set(outcome, ANONID_LOGON_OK, "%s", "");
        return;
    }
    if (result == LDAP_INVALID_CREDENTIALS && told_by_data(outcome, text))
        return;
    row = find(results, COUNT(results), result);
    anonid_outcome_set(outcome, row ? row->code : ANONID_ACCOUNT_RESTRICTION,
                       "LDAP result %d, %s%s%.120s", result,
                       row && row->name ? row->name : ldap_err2string(result),
                       text && *text ? ": " : "", text ? text : "");
}
