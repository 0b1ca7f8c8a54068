/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shared by the checks at the end of the configuration: reporting.
 */
#ifndef ANONID_MODULE_VALIDATE_VALIDATE_H
#define ANONID_MODULE_VALIDATE_VALIDATE_H

#include <httpd.h>
#include <http_config.h>

#include "module/config/config.h"

typedef struct {
    apr_pool_t *p;                    /* the configuration's */
    server_rec *main;                 /* the main server */
    int errors;                       /* reported so far */
    const anonid_account_t *standard; /* the default account, if in use */
    apr_array_header_t *uses;         /* anonid_use_t: see pairs.h */
} anonid_check_t;

/* Reports an error with the line of the directive; NULL: no line. */
void anonid_check_error(anonid_check_t *check, const ap_directive_t *at,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what lets httpd start. */
void anonid_check_warn(anonid_check_t *check, const ap_directive_t *at,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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
