/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining decisions about a request: to the log at level debug, and to an
 * operator who asks about this very request (probe/probe.h).
 *
 * Owns the way of an explanation; what is explained is said where it is
 * decided.
 */
#ifndef ANONID_MODULE_MAP_EXPLAIN_H
#define ANONID_MODULE_MAP_EXPLAIN_H

#include <httpd.h>
#include <http_log.h>

/* One line, as of ap_log_rerror. The file needs APLOG_USE_MODULE. */
#define anonid_explain(r, ...)                                                \
    do {                                                                      \
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, __VA_ARGS__);            \
        if (anonid_explain_lines)                                             \
            anonid_explain_keep(__VA_ARGS__);                                 \
    } while (0)

/* While this thread processes a request that somebody asked about: the lines
 * so far (const char *); else NULL. */
extern _Thread_local apr_array_header_t *anonid_explain_lines;

/* Adds a line to them. */
void anonid_explain_keep(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
