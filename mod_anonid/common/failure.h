/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failure codes: why a logon did not succeed.
 *
 * Owns the table of section "Logon" of the design: code, text and kind of
 * every failure. The numbers and the texts are those of Windows (MS-ERREF
 * section 2.2), so that an operator finds the same words in both worlds.
 * Knows no provider; each provider translates its own errors into this.
 */
#ifndef ANONID_COMMON_FAILURE_H
#define ANONID_COMMON_FAILURE_H

#include <apr_time.h>

/* Win32 error codes (MS-ERREF 2.2); ANONID_LOGON_OK is success. */
typedef enum {
    ANONID_LOGON_OK = 0,
    ANONID_ACCESS_DENIED = 5,
    ANONID_NO_LOGON_SERVERS = 1311,
    ANONID_LOGON_FAILURE = 1326,
    ANONID_ACCOUNT_RESTRICTION = 1327,
    ANONID_INVALID_LOGON_HOURS = 1328,
    ANONID_INVALID_WORKSTATION = 1329,
    ANONID_PASSWORD_EXPIRED = 1330,
    ANONID_ACCOUNT_DISABLED = 1331,
    ANONID_NO_SUCH_DOMAIN = 1355,
    ANONID_LOGON_TYPE_NOT_GRANTED = 1385,
    ANONID_TIME_SKEW = 1398,
    ANONID_ACCOUNT_EXPIRED = 1793,
    ANONID_PASSWORD_MUST_CHANGE = 1907,
    ANONID_ACCOUNT_LOCKED_OUT = 1909
} anonid_failure_t;

/* Permanent: not tried again until secret or configuration changes.
 * Transient: tried again with jittered, doubling delays. */
typedef enum {
    ANONID_PERMANENT,
    ANONID_TRANSIENT
} anonid_failure_kind_t;

typedef struct {
    anonid_failure_t code;
    anonid_failure_kind_t kind;
    apr_interval_time_t min_delay; /* before the next attempt; 0: no floor */
    const char *name;              /* short, for logs and the status page */
    const char *text;              /* the sentence of the warning */
} anonid_failure_info_t;

/* Bytes of the text in the warning's bracket, its NUL included. */
#define ANONID_DETAIL_MAX 256

/*
 * The outcome of one logon. `kind` may differ from the table's: a KDC that
 * says CLIENT_REVOKED and no more is ACCOUNT_RESTRICTION, yet transient.
 */
typedef struct {
    anonid_failure_t code;
    anonid_failure_kind_t kind;
    apr_time_t expires; /* date on which the logon ends by itself; 0: never */
    apr_interval_time_t life; /* or how long we let it last; 0: no matter */
    char detail[ANONID_DETAIL_MAX];
} anonid_outcome_t;

/* The table's row for a code; for a code that is not in the table the row of
 * ANONID_ACCESS_DENIED. Never NULL. */
const anonid_failure_info_t *anonid_failure_info(anonid_failure_t code);

/* All rows but success; *n is their number. */
const anonid_failure_info_t *anonid_failure_table(int *n);

/* Fills an outcome with a code, that code's kind and a printf-style detail
 * (cut to its room; control characters become spaces). */
void anonid_outcome_set(anonid_outcome_t *outcome, anonid_failure_t code,
                        const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

#endif
