/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent tells the supervisor: log lines, warnings, requests. Owns the
 * frames, and the way of a log line from any thread to the loop's.
 */
#ifndef ANONID_AGENT_CONTROL_REPORTS_H
#define ANONID_AGENT_CONTROL_REPORTS_H

#include "common/failure.h"
#include "agent/base/link.h"
#include "agent/relay/caller.h"

/* Takes the log over. What is said before a supervisor is attached, or after
 * it was detached, is kept for the next one, up to a megabyte. */
apr_status_t anonid_reports_start(struct event_base *base);

/* Everything goes to that link from now on; to nobody any more. */
void anonid_reports_attach(anonid_link_t *link);
void anonid_reports_detach(void);

/* The end: the log goes to standard error again. */
void anonid_reports_stop(void);

/* The messages of common/protocol.h. Loop's thread only. */
void anonid_report_ready(void);
void anonid_report_config_done(uint32_t generation, const char *refused);
void anonid_report_warning(const char *account,
                           const anonid_outcome_t *outcome, int kept);
void anonid_report_recovered(const char *account, unsigned failures,
                             unsigned seconds);
void anonid_report_expiry(const char *account, apr_time_t expires);
void anonid_report_add_line(const char *account);
void anonid_report_store(const char *account, uint32_t number,
                         const char *verifier);
/* token: a descriptor to read it from, the caller's; version is that of the
 * file that it is to replace. Nothing is kept for a supervisor that is not
 * there yet: it is asked anew. */
void anonid_report_store_token(const char *account, const char *version,
                               int token, uint32_t number);
void anonid_report_look(const char *account);
void anonid_report_stranger(const char *listener,
                            const anonid_caller_t *caller);

#endif
