/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the status is shown. Each face writes a view to the response; headers
 * are the handler's.
 */
#ifndef ANONID_MODULE_STATUS_FACES_H
#define ANONID_MODULE_STATUS_FACES_H

#include <httpd.h>

#include "module/status/view.h"

/* A page for people: HTML without scripts. */
void anonid_status_html(request_rec *r, const anonid_status_view_t *view);

/*
 * JSON. Times are seconds since 1970, null where there is none.
 *
 *   {"version": 1, "time",
 *    "agent": {"up", "version", "pid", "started", "restarts"},
 *    "accounts": [{"name", "provider", "synchronised", "state", "code",
 *                  "text", "since", "next_attempt", "expires",
 *                  "password_expires", "attempts", "mapped_requests",
 *                  "refused_by"}],
 *    "services": [{"name",
 *                  "servers": [{"url", "up", "down_since", "problem",
 *                               "last_login", "logins", "refusals",
 *                               "failures", "certificate_expires",
 *                               "idle", "busy"}],
 *                  "accounts": [{"name", "refused_since", "refused_by",
 *                                "held_until", "reply", "last_login",
 *                                "last_refusal", "logins", "refusals"}],
 *                  "submissions": {"accepted" ... "not_paired"},
 *                  "limits": [{"limit", "refusals"}]}],
 *    "listeners": [{"url", "account", "service", "protocol", "connections",
 *                   "max", "accepted", "refused", "bytes_to_server",
 *                   "bytes_to_client"}]}
 */
void anonid_status_json(request_rec *r, const anonid_status_view_t *view);

/* Prometheus' text format 0.0.4. A new version keeps the names of metrics and
 * labels. */
void anonid_status_metrics(request_rec *r, const anonid_status_view_t *view);

#endif
