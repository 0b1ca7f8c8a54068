/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's log: lines go to the parent over the control socket and from
 * there into httpd's error log. Before that socket is up, to standard error.
 * Never a secret, at any level. Any thread may log.
 */
#ifndef ANONID_AGENT_BASE_LOG_H
#define ANONID_AGENT_BASE_LOG_H

/* syslog's levels, which are httpd's too. */
typedef enum {
    ANONID_LOG_ERROR = 3,
    ANONID_LOG_WARNING = 4,
    ANONID_LOG_NOTICE = 5,
    ANONID_LOG_INFO = 6,
    ANONID_LOG_DEBUG = 7
} anonid_log_level_t;

/* One line, at most 1,024 octets; control characters become spaces. From
 * notice up the text begins with an ANONID_LOGNO(). */
void anonid_log(anonid_log_level_t level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Where lines go: called with each line on the main thread's behalf, under
 * the log's own lock. NULL: standard error. */
typedef void (*anonid_log_sink_t)(anonid_log_level_t level, const char *line);
void anonid_log_set_sink(anonid_log_sink_t sink);

#endif
