/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a check says what is wrong: in httpd's error log, which at that time is
 * the operator's terminal, with the line of the directive. Knows no check.
 */
#include "module/validate/report.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <http_log.h>
#include <stdarg.h>

APLOG_USE_MODULE(anonid);

/* Enough to see what is wrong, also where each of ten thousand virtual hosts
 * has the same mistake. */
#define ERRORS_MAX 20

static void report(anonid_check_t *check, int level, const char *number,
                   const ap_directive_t *at, const char *text)
{
    if (at)
        text = apr_psprintf(check->p, "on line %d of %s: %s", at->line_num,
                            at->filename, text);
    ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, check->main,
                 "%sConfiguration %s%s%s", number,
                 level == APLOG_WARNING ? "warning" : "error", at ? " " : ": ",
                 text);
}

void anonid_check_error(anonid_check_t *check, const ap_directive_t *at,
                        const char *format, ...)
{
    va_list args;
    const char *text;

    if (check->errors++ >= ERRORS_MAX)
        return;
    va_start(args, format);
    text = apr_pvsprintf(check->p, format, args);
    va_end(args);
    report(check, APLOG_EMERG, ANONID_LOGNO(0500), at, text);
    if (check->errors == ERRORS_MAX)
        report(check, APLOG_EMERG, ANONID_LOGNO(0500), NULL,
               "further errors are not shown");
}

void anonid_check_warn(anonid_check_t *check, const ap_directive_t *at,
                       const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = apr_pvsprintf(check->p, format, args);
    va_end(args);
    report(check, APLOG_WARNING, ANONID_LOGNO(0501), at, text);
}
