/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's question to the agent: submit this message. Knows the protocol,
 * not what the message is or who waits for it, and nothing of httpd.
 */
#ifndef ANONID_MODULE_CHANNEL_AGENT_CLIENT_H
#define ANONID_MODULE_CHANNEL_AGENT_CLIENT_H

#include "common/protocol.h"

#include <apr_errno.h>
#include <apr_tables.h>

typedef struct {
    const char *account;
    const char *service;
    const apr_array_header_t *recipients; /* const anonid_recipient_t * */
    const char *client;                   /* who asks, for the agent's log */
    unsigned flags;                       /* ANONID_SUBMIT_... */
    int fd;                               /* the sealed message */
} anonid_submit_request_t;

/* A recipient that was refused. */
typedef struct {
    const char *alias;
    const char *reply; /* the server's, without addresses */
} anonid_rejection_t;

typedef struct {
    int handed_over; /* 0: the agent never had it, so it was not sent */
    anonid_submit_result_t result;
    const char *detail;           /* for the log; NULL if there is none */
    int retry_after;              /* seconds; 0: not said */
    const char *server;           /* its URL; NULL: none was spoken to */
    int reply;                    /* code of its last reply; 0: none */
    apr_array_header_t *accepted; /* const char *: aliases */
    apr_array_header_t *rejected; /* anonid_rejection_t */
} anonid_receipt_t;

/* Asks, on one of the channels of this process (channels.h), and waits for
 * the answer. An old channel that turns out to be closed costs a second
 * attempt, as long as the agent has not had the request. Unless it returns
 * APR_SUCCESS only handed_over is valid: APR_EOF when the agent ended
 * meanwhile, APR_TIMEUP when it took too long, APR_EINVAL for an answer that
 * is none. */
apr_status_t anonid_agent_submit(apr_pool_t *pool,
                                 const anonid_submit_request_t *request,
                                 anonid_receipt_t *receipt);

#endif
