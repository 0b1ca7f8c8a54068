/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing into error logs; see report.h.
 */
#include "module/supervisor/report.h"

#include "common/absence.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stdarg.h>

APLOG_USE_MODULE(anonid);

/* Octets of a line; httpd cuts longer ones anyway. */
#define LINE_MAX_OCTETS 4096

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

void anonid_report_absence(server_rec *s, const char *state_dir,
                           const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    va_list args;

    va_start(args, format);
    apr_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    anonid_absence_note(state_dir, line);
    log_line(s, APLOG_ERR, line);
}

/* One line that many servers are told. */
typedef struct {
    int level;
    const char *text;
    apr_hash_t *logs; /* that have it; servers that log to the same place have
                         the same apr_file_t * (syslog is none) */
} line_t;

static void tell(void *context, server_rec *s)
{
    line_t *line = context;

    if (!APLOG_IS_LEVEL(s, line->level)
        || apr_hash_get(line->logs, &s->error_log, sizeof(s->error_log)))
        return;
    apr_hash_set(line->logs, &s->error_log, sizeof(s->error_log), "");
    log_line(s, line->level, line->text);
}

void anonid_report_account(const anonid_audience_t *audience,
                           const anonid_account_t *account, int level,
                           const char *text, apr_pool_t *pool)
{
    line_t line = { level, text, apr_hash_make(pool) };

    anonid_audience_each(audience, account, tell, &line);
}
