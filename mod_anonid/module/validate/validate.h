/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks at the end of the configuration, each in a file of its own.
 */
#ifndef ANONID_MODULE_VALIDATE_VALIDATE_H
#define ANONID_MODULE_VALIDATE_VALIDATE_H

#include "module/validate/report.h"

/* Agent user, program and runtime folder (agent.c). Defaults have been
 * filled in. */
void anonid_check_agent(anonid_check_t *check);

/* Languages of forms (form.c), which are resolved. */
void anonid_check_forms(anonid_check_t *check);

/* SetHandler and AddHandler (handler.c). */
void anonid_check_handlers(anonid_check_t *check);

/* Mail servers' URLs (mail_server.c). */
void anonid_check_mail_servers(anonid_check_t *check);

/* Local accounts and their account files (account.c). */
void anonid_check_accounts(anonid_check_t *check);

/* Directory accounts (ldap.c). The agent's user is known. */
void anonid_check_ldap(anonid_check_t *check);

/* Synchronised accounts and mail services (sync.c). Pairs are known. */
void anonid_check_sync(anonid_check_t *check);

/* Listeners: who and where they are (listen.c). References have been
 * resolved. */
void anonid_check_listeners(anonid_check_t *check);

/* Accounts and the mechanisms of mail services (mechanism.c). Pairs are
 * known. */
void anonid_check_mechanisms(anonid_check_t *check);

/* The store that limits are shared in (limit_store.c). */
void anonid_check_limit_store(anonid_check_t *check);

/* Senders and recipients of mail services that are used to send (sender.c).
 * Pairs are known. */
void anonid_check_senders(anonid_check_t *check);

#endif
