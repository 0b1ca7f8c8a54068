/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session of its own for one client, with the first server of a service
 * that takes one: servers of a protocol in their order, those that are down
 * last. Sessions of IMAP and POP3 are never shared and never used again; those
 * that send mail come from the pool (pool.h). Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_FAILOVER_H
#define ANONID_AGENT_MAIL_FAILOVER_H

#include "agent/mail/session.h"

typedef struct anonid_failover_t anonid_failover_t;

typedef struct {
    struct event_base *base;
    anonid_config_t *config; /* that of account and service; held by it */
    const anonid_account_t *account;
    const anonid_service_t *service;
    anonid_mail_protocol_t protocol;
    anonid_visitor_t visitor; /* whom the session is for */
} anonid_failover_to_t;

/* A session that is logged on, the callee's from now on; or NULL and what the
 * last server that was tried had against it. */
typedef void (*anonid_failover_done_t)(void *context,
                                       anonid_session_t *session,
                                       const anonid_mail_error_t *error);

/* Begins; done is called once, later. NULL with the error if there is nothing
 * to try: the account is not logged on, say. */
anonid_failover_t *anonid_failover_start(const anonid_failover_to_t *to,
                                         anonid_failover_done_t done,
                                         void *context,
                                         anonid_mail_error_t *error);

/* Gives it up; done will not be called. */
void anonid_failover_cancel(anonid_failover_t *f);

#endif
