/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a logged-on session, the same for every protocol: through the
 * gate (gate.h), connection, greeting, capabilities, TLS, capabilities again,
 * SASL. The driver knows the words, sasl/sasl.c the mechanism.
 */
#ifndef ANONID_AGENT_MAIL_LOGIN_H
#define ANONID_AGENT_MAIL_LOGIN_H

#include "agent/mail/session.h"

typedef struct anonid_dialogue_t anonid_dialogue_t;

/* The session is logged on (error NULL), and the callee's now; or the login
 * failed, and the session is gone. */
typedef void (*anonid_logged_on_t)(void *context, anonid_session_t *session,
                                   const anonid_mail_error_t *error);

/* Logs on to a server of the login's service when the gate lets it. NULL
 * without memory; otherwise done is called once, later. */
anonid_dialogue_t *anonid_login_start(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      anonid_logged_on_t done, void *context);

/* Gives it up: done will not be called. */
void anonid_login_cancel(anonid_dialogue_t *dialogue);

#endif
