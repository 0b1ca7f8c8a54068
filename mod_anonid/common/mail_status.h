/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How mail stands, for people: the servers of the services, the accounts with
 * services, the listeners. Read from the status table, and its way over the
 * wire. Times are 0 where there is none; texts are "" where there is none.
 *
 * In a MAIL_STATUS_REPLY a server is a run of fields that begins with its
 * SERVER, a pair one that begins with its ACCOUNT, a listener one that begins
 * with its LISTENER.
 */
#ifndef ANONID_COMMON_MAIL_STATUS_H
#define ANONID_COMMON_MAIL_STATUS_H

#include "common/listener.h"
#include "common/service.h"
#include "common/status.h"

typedef struct {
    const char *service;
    const char *url;
    uint64_t logins;
    uint64_t refusals; /* of accounts */
    uint64_t failures; /* of the server itself */
    apr_time_t last_login;
    apr_time_t down_since;
    apr_time_t certificate_expires;
    const char *problem; /* why it is down, or was last */
    uint64_t idle, busy; /* sessions that send mail */
} anonid_server_status_t;

typedef struct {
    const char *account;
    const char *service;
    uint64_t logins;
    uint64_t refusals;
    apr_time_t last_login;
    apr_time_t last_refusal;
    apr_time_t refused_since; /* 0: it is not */
    apr_time_t held_until;    /* it is not tried before */
    const char *refused_by;   /* URL; NULL: nobody, or not known any more */
    const char *reply;        /* of the last refusal */
} anonid_pair_status_t;

typedef struct {
    const char *url;
    const char *account;
    const char *service;
    uint64_t clients; /* connected now */
    uint64_t max;
    uint64_t accepted;
    uint64_t refused;
    uint64_t to_server; /* octets that were relayed */
    uint64_t to_client;
} anonid_listener_status_t;

/* From the table (NULL: nothing is known); texts are copied into the pool. A
 * slot of -1 has nothing to tell. */
void anonid_server_status_read(const anonid_status_table_t *table,
                               const anonid_service_t *service,
                               const anonid_mail_server_t *server,
                               anonid_server_status_t *status,
                               apr_pool_t *pool);
void anonid_pair_status_read(const anonid_status_table_t *table,
                             const char *account,
                             const anonid_service_t *service, int slot,
                             anonid_pair_status_t *status, apr_pool_t *pool);
void anonid_listener_status_read(const anonid_status_table_t *table,
                                 const anonid_listener_t *listener,
                                 anonid_listener_status_t *status);

/* Adds the fields of one to a MAIL_STATUS_REPLY that has been begun. */
void anonid_server_status_encode(anonid_writer_t *w,
                                 const anonid_server_status_t *status);
void anonid_pair_status_encode(anonid_writer_t *w,
                               const anonid_pair_status_t *status);
void anonid_listener_status_encode(anonid_writer_t *w,
                                   const anonid_listener_status_t *status);

/* All that a MAIL_STATUS_REPLY tells. */
typedef struct {
    apr_array_header_t *servers;   /* anonid_server_status_t */
    apr_array_header_t *pairs;     /* anonid_pair_status_t */
    apr_array_header_t *listeners; /* anonid_listener_status_t */
} anonid_mail_status_t;

/* 0 if a field is malformed. Unknown fields are passed over. */
int anonid_mail_status_decode(const anonid_frame_t *frame,
                              anonid_mail_status_t *mail, apr_pool_t *pool);

#endif
