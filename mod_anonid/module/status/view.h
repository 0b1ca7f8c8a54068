/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status as plain data: what the configuration has, with what the status
 * table says of it at one moment. The faces (html.c, json.c, metrics.c,
 * server_status.c) show it and know no table.
 */
#ifndef ANONID_MODULE_STATUS_VIEW_H
#define ANONID_MODULE_STATUS_VIEW_H

#include "common/account_status.h"
#include "common/mail_status.h"

#include <apr_tables.h>

/* Times are 0 where there is none. */
typedef struct {
    const anonid_account_t *account;
    anonid_state_t state;
    anonid_failure_t code; /* of the last attempt; ANONID_LOGON_OK: none */
    apr_time_t since;      /* in that state */
    apr_time_t next_attempt;
    apr_time_t expires; /* the logon's end */
    apr_time_t password_expires;
    apr_time_t secret_since;
    uint64_t attempts;
    uint64_t results[3];                 /* by anonid_logon_result_t */
    uint64_t rotations[2];               /* done, failed */
    uint64_t mapped;                     /* requests */
    const anonid_pair_status_t *refused; /* the first service that refuses it
                                            although it is logged on; NULL */
} anonid_account_view_t;

typedef struct {
    uint64_t counts[ANONID_STATUS_BUCKETS]; /* each for itself */
    uint64_t total;                         /* their sum */
    uint64_t microseconds;
} anonid_histogram_view_t;

typedef struct {
    const anonid_service_t *service;
    uint64_t results[ANONID_STATUS_RESULTS]; /* by anonid_submit_result_t */
    uint64_t limited[ANONID_STATUS_LIMITS];
    anonid_histogram_view_t durations;
    apr_array_header_t *servers;   /* anonid_server_status_t */
    apr_array_header_t *pairs;     /* anonid_pair_status_t */
    apr_array_header_t *listeners; /* const anonid_listener_view_t * */
} anonid_service_view_t;

typedef struct {
    anonid_mail_protocol_t protocol;
    anonid_listener_status_t status;
} anonid_listener_view_t;

typedef struct {
    apr_time_t now;
    uint32_t agent_pid; /* 0: it is not there */
    apr_time_t agent_started;
    uint64_t agent_restarts;
    anonid_limit_store_t limit_store;
    apr_array_header_t *accounts;  /* anonid_account_view_t, by name */
    apr_array_header_t *services;  /* anonid_service_view_t, as configured */
    apr_array_header_t *listeners; /* anonid_listener_view_t */
    anonid_histogram_view_t logons;
    uint64_t robots[ANONID_ROBOTS]; /* forms, by what gave them away */
    uint64_t mail_logins[ANONID_STATUS_PROTOCOLS][ANONID_STATUS_MECHANISMS]
                        [ANONID_LOGIN_RESULTS];
    int is_part; /* only some of it was asked for */
} anonid_status_view_t;

/* Goes through a list of the view. */
#define ANONID_EACH(type, item, list)                                         \
    for (const type *item = (const type *)(list)->elts;                       \
         item < (const type *)(list)->elts + (list)->nelts; item++)

/* All there is. Never NULL. */
anonid_status_view_t *anonid_status_view(apr_pool_t *pool);

/* Keeps what a path names: "/accounts", "/accounts/NAME", "/services",
 * "/services/NAME" or "/listeners". 1, or 0 if there is no such thing. */
int anonid_status_view_pick(anonid_status_view_t *view, const char *path);

/* How many of the accounts are logged on. */
int anonid_status_view_logged_on(const anonid_status_view_t *view);

/* Accounts that are not logged on, and servers and services that refuse:
 * what somebody should look at. */
int anonid_status_view_troubles(const anonid_status_view_t *view);

/* "accepted", "temporary" ...: the results of a submission, as labels. NULL
 * after the last. */
const char *anonid_submit_result_name(int result);

/* "smtp", "imap", "pop3". */
const char *anonid_status_protocol_name(anonid_mail_protocol_t protocol);

#endif
