/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A limit of a mail service as configured (AnonIDMailLimit): plain data, and
 * its text, which is also how it goes over the wire. Counts nothing.
 *
 *   limit = N "/" unit *( burst | scope | kind )
 *   unit  = "second" | "minute" | "hour" | "day"
 *   burst = number
 *   scope = "total" | "per-client"
 *   kind  = "messages" | "recipients" | "logins"
 */
#ifndef ANONID_COMMON_LIMIT_H
#define ANONID_COMMON_LIMIT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

/* Limits of one service. */
#define ANONID_LIMITS_MAX 16

/* Whom a limit is for. */
typedef enum {
    ANONID_LIMIT_TOTAL,     /* the service, whoever asks */
    ANONID_LIMIT_PER_CLIENT /* each client for itself */
} anonid_limit_scope_t;

/* What is counted. */
typedef enum {
    ANONID_LIMIT_MESSAGES,
    ANONID_LIMIT_RECIPIENTS, /* addresses, not aliases */
    ANONID_LIMIT_LOGINS,     /* of IMAP and POP3 clients of a listener */
    ANONID_LIMIT_KINDS
} anonid_limit_kind_t;

typedef struct {
    const char *text; /* its name, always in the same form: "60/minute total",
                         "100/day 20 per-client recipients" */
    unsigned burst;   /* how many may come at once after a quiet time, 1 up */
    apr_interval_time_t interval; /* from one to the next at the rate, rounded
                                     up */
    anonid_limit_scope_t scope;
    anonid_limit_kind_t kind;
} anonid_limit_t;

/* Parses a text; what is not said is: a burst of N, total, messages. NULL, or
 * what is wrong and what to write instead. */
const char *anonid_limit_parse(anonid_limit_t *limit, const char *text,
                               apr_pool_t *pool);

/* Adds the limits that a service has where its operator set none. */
void anonid_limit_add_defaults(apr_array_header_t *limits, apr_pool_t *pool);

/* "messages", "recipients", "logins". */
const char *anonid_limit_kind_name(anonid_limit_kind_t kind);

#endif
