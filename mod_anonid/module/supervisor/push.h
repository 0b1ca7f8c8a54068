/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the supervisor tells the agent: HELLO, whole configurations, and the
 * sending of single frames. An agent that takes nothing in for a while is
 * hung; the caller then ends it.
 *
 * Knows no process and nothing of httpd.
 */
#ifndef ANONID_MODULE_SUPERVISOR_PUSH_H
#define ANONID_MODULE_SUPERVISOR_PUSH_H

#include "common/account.h"
#include "common/channel.h"
#include "common/listener.h"
#include "common/pair.h"
#include "common/service.h"
#include "common/shared_store.h"

/* How long the agent may take nothing in. */
#define ANONID_PUSH_TIMEOUT apr_time_from_sec(5)

/* What HELLO says; descriptors stay the caller's. */
typedef struct {
    uid_t worker_uid;
    int table; /* the status table, for writing */
    int agent_listener;
    int ctl_listener;
    int folder; /* of the agent's own */
} anonid_hello_t;

/* A listener, and its socket, which stays the caller's. */
typedef struct {
    const anonid_listener_t *listener;
    int fd;
} anonid_push_listener_t;

/* A configuration. */
typedef struct {
    uint32_t generation;
    uint32_t workers; /* that httpd has at most; 0: not known */
    const apr_array_header_t *accounts;  /* anonid_account_t * */
    const apr_array_header_t *services;  /* anonid_service_t * */
    const apr_array_header_t *pairs;     /* anonid_pair_t */
    const apr_array_header_t *listeners; /* anonid_push_listener_t */
    const anonid_shared_store_t *store;  /* NULL: none */
} anonid_push_config_t;

/* All return APR_SUCCESS, APR_TIMEUP if the agent is hung, or an error of
 * the channel. */

/* Waits until the agent has room for a frame, so that a small one can be sent
 * without waiting. */
apr_status_t anonid_push_wait(anonid_channel_t *agent);

/* Gives an agent a new control socket, over its lifeline; the descriptor
 * stays the caller's. Never waits. */
apr_status_t anonid_push_control_socket(int lifeline, int fd);

/* Ends, sends and frees the frame. */
apr_status_t anonid_push_frame(anonid_channel_t *agent, anonid_writer_t *w,
                               const int *fds, int nfds);

apr_status_t anonid_push_hello(anonid_channel_t *agent,
                               const anonid_hello_t *hello);

apr_status_t anonid_push_config(anonid_channel_t *agent,
                                const anonid_push_config_t *config);

#endif
