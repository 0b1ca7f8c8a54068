/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a request while its account is not logged on.
 *
 * Owns reading the account's state, waiting for the first attempt and
 * AnonIDOnLogonFailure. Does not know why an account is not logged on; that
 * was said in the error log when it happened.
 */
#ifndef ANONID_MODULE_MAP_LOGON_STATE_H
#define ANONID_MODULE_MAP_LOGON_STATE_H

#include <httpd.h>

#include "common/account.h"

/*
 * OK if the account is logged on; while its first attempt lasts, that is
 * waited for, up to 5 seconds after the request came. Otherwise DECLINED if
 * the location's own authentication is to be asked, which is so for every
 * error document; 403; 503 with Retry-After; or DONE where a handler has said
 * so in its own way.
 */
int anonid_logon_check(request_rec *r, const anonid_account_t *account);

/* Whether anonid_logon_check would say DECLINED. */
int anonid_logon_declines(request_rec *r, const anonid_account_t *account);

/* 503, with Retry-After in the response; or DONE, as above. */
int anonid_logon_unavailable(request_rec *r, const anonid_account_t *account);

/* A handler that answers 503 itself, before the handlers' phase, in the form
 * that its visitors expect: the requests that are its, and the answer (DONE,
 * or an error of the connection). Retry-After is in seconds. */
typedef struct {
    int (*is_here)(request_rec *r);
    int (*unavailable)(request_rec *r, int retry_after);
} anonid_logon_answer_t;

/* Before requests are served; the last one counts. */
void anonid_logon_answer_by(const anonid_logon_answer_t *handler);

#endif
