/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of the logon warning and its recovery notice (Microsoft KB
 * Q253204's words). Owns the wording only; when one is due is the agent's
 * business, where it is written is the module's.
 */
#ifndef ANONID_COMMON_WARNING_H
#define ANONID_COMMON_WARNING_H

#include "common/account.h"
#include "common/failure.h"

/* What stays in use although an attempt failed; a further sentence of the
 * warning says so. */
typedef enum {
    ANONID_KEPT_NOTHING = 0,
    ANONID_KEPT_OLD_SECRET = 1, /* the newest secret failed, not the proven */
    ANONID_KEPT_LOGON = 2       /* renewing a logon failed before its end */
} anonid_kept_t;

/* "ANID0001: The server was unable to logon the ..." in one line. kept
 * is an anonid_kept_t; what is none of it says nothing. */
const char *anonid_warning_text(apr_pool_t *pool,
                                const anonid_account_t *account,
                                anonid_failure_t code, const char *detail,
                                int kept, const char *help_url);

/* "ANID0002: The account '...' is logged on again after N failures in T." */
const char *anonid_recovered_text(apr_pool_t *pool,
                                  const anonid_account_t *account,
                                  unsigned failures, unsigned seconds);

/* "ANID0005: The password of the LDAP account '...' expires in 3 days (date)",
 * and what to do; of a token that somebody else obtains ANID0006. */
const char *anonid_expiry_text(apr_pool_t *pool,
                               const anonid_account_t *account,
                               apr_time_t expires, apr_time_t now);

/* How long that is, for people and in one unit: "3 days", "1 day", "15 h",
 * "20 min", "40 s". Days are rounded up: less than 14 days are still 14. */
const char *anonid_time_left(apr_pool_t *pool, apr_interval_time_t left);

#endif
