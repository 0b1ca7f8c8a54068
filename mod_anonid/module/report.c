/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing into error logs; see report.h.
 */
#include "report.h"
#include "config.h"

#include <apr_strings.h>
#include <http_log.h>
#include <stdarg.h>

APLOG_USE_MODULE(anonid);

/* Octets of a line; httpd cuts longer ones anyway. */
#define LINE_MAX_OCTETS 4096

/* 1 if the log was there already; now it is. Servers that log to the same
 * place have the same file (syslog is none). */
static int seen(apr_array_header_t *logs, const apr_file_t *log)
{
    for (int i = 0; i < logs->nelts; i++) {
        if (APR_ARRAY_IDX(logs, i, const apr_file_t *) == log)
            return 1;
    }
    APR_ARRAY_PUSH(logs, const apr_file_t *) = log;
    return 0;
}

static int maps_to(server_rec *s, const anonid_account_t *account,
                   apr_pool_t *pool)
{
    const apr_array_header_t *accounts = anonid_server_accounts(pool, s);

    for (int i = 0; i < accounts->nelts; i++) {
        if (APR_ARRAY_IDX(accounts, i, const anonid_account_t *) == account)
            return 1;
    }
    return 0;
}

static void log_line(server_rec *s, int level, const char *text)
{
    ap_log_error(APLOG_MARK, level, 0, s, "%s", text);
}

void anonid_report(server_rec *s, int level, const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    va_list args;

    va_start(args, format);
    apr_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    log_line(s, level, line);
}

void anonid_report_account(server_rec *s, const anonid_account_t *account,
                           int level, const char *text, apr_pool_t *pool)
{
    apr_array_header_t *logs = apr_array_make(pool, 8, sizeof(apr_file_t *));

    for (server_rec *host = s; host; host = host->next) {
        if (!APLOG_IS_LEVEL(host, level))
            continue;
        if (host != s && !maps_to(host, account, pool))
            continue;
        if (!seen(logs, host->error_log))
            log_line(host, level, text);
    }
}
