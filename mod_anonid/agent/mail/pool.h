/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warm, logged-on sessions with mail servers, and the queues for them.
 *
 * Sessions are shared under one key only: account, credential version,
 * service (its TLS trust and mechanisms), server. Of each key there are at
 * most ANONID_POOL_SESSIONS, or fewer if the server does not take as many
 * (growth.h); who comes later waits in line. A further login that is refused
 * is nobody's failure as long as there are sessions.
 *
 * Where servers are told of visitors (AnonIDMailClientAddress), a session
 * serves the one that it was opened for; another one costs a login, and in the
 * end a place, which the session that was idle for longest gives up.
 */
#ifndef ANONID_AGENT_MAIL_POOL_H
#define ANONID_AGENT_MAIL_POOL_H

#include "agent/mail/session.h"

/* Messages before a session is replaced; some servers count them. */
#define ANONID_POOL_USES 100

typedef struct anonid_pool_request_t anonid_pool_request_t;

/* A session, the callee's until anonid_mail_pool_put; or what went wrong. */
typedef void (*anonid_pool_ready_t)(void *context, anonid_session_t *session,
                                    const anonid_mail_error_t *error);

/* Asks for a session; fresh: not one that was used before, if the server takes
 * one more. ready is called later, from the event loop. NULL without
 * memory. */
anonid_pool_request_t *
anonid_mail_pool_get(anonid_login_t *login, const anonid_mail_server_t *server,
                     int fresh, anonid_pool_ready_t ready, void *context);

/* Gives the place in line up; ready will not be called. */
void anonid_mail_pool_cancel(anonid_pool_request_t *request);

/* Gives a session back, to be kept if it is reusable. */
void anonid_mail_pool_put(anonid_session_t *session, int reusable);

/* The server seems to have dropped its connections: so are the idle ones of
 * this session's key. */
void anonid_mail_pool_distrust(const anonid_session_t *session);

/* Drops the idle sessions of other versions of the account, now and when
 * they come back. account NULL: there is a new configuration, and those whose
 * account, service or server it does not have, or has otherwise, are
 * dropped; the others are kept. */
void anonid_mail_pool_version(const char *account, unsigned long version);

/* Drops everything; no callback is made. After anonid_session_stop(). */
void anonid_mail_pool_stop(void);

#endif
