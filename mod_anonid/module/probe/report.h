/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to `anonidctl check`, as JSON. Owns its shape:
 *
 *   {"anonid_check": 1, "uri": "/path", "method": "GET",
 *    "server": {"name": "www.example.com:80", "file", "line"},
 *    "status": 200, "reason": "OK",      before a handler would make content
 *    "challenge": null, "location": null,            of the response's header
 *    "auth_type": null, "user": "EXAMPLE\\web",
 *    "mapped": true, "account": "EXAMPLE\\web",      null: no AnonIDMapTo
 *    "provider": "krb5", "state": "logged on", "code": 0, "text": "...",
 *    "directive": {"text": "AnonIDMapTo EXAMPLE\\web", "file", "line"},
 *    "mail": {"service": "office", "file", "line"},
 *    "explanation": ["/path is mapped to account 'EXAMPLE\\web'"]}
 */
#ifndef ANONID_MODULE_PROBE_REPORT_H
#define ANONID_MODULE_PROBE_REPORT_H

#include <httpd.h>

/* Answers a request that was processed with that status. lines: const char *,
 * what was explained on the way. Returns what a handler does. */
int anonid_check_report(request_rec *r, int status,
                        const apr_array_header_t *lines);

#endif
