/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's and the supervisor's lines in httpd's error logs.
 */
#ifndef ANONID_MODULE_SUPERVISOR_REPORT_H
#define ANONID_MODULE_SUPERVISOR_REPORT_H

#include <httpd.h>

#include "module/supervisor/audience.h"

/* One line in the server's own log. level is APLOG_..., which are syslog's
 * numbers. From notice up the text begins with an ANONID_LOGNO(). */
void anonid_report(server_rec *s, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Why there is no agent, as an error; anonidctl repeats it. The text begins
 * with an ANONID_LOGNO(). */
void anonid_report_absence(server_rec *s, const char *state_dir,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line about an account: in the server's log, and in that of each
 * virtual host whose requests may be mapped to the account; once in each
 * log, however many of them share it. */
void anonid_report_account(const anonid_audience_t *audience,
                           const anonid_account_t *account, int level,
                           const char *text, apr_pool_t *pool);

#endif
