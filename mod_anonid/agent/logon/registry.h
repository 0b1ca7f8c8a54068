/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's accounts and services, as last pushed by the parent, and what
 * is known of each account now. Main thread only.
 *
 * Configurations are replaced as a whole; an account that did not change
 * keeps its logon, its secret and its history. A mail operation that still
 * runs holds what it uses (secret and credentials are counted; the service
 * and account structures live in their configuration's pool, which is held
 * with anonid_config_hold).
 */
#ifndef ANONID_AGENT_LOGON_REGISTRY_H
#define ANONID_AGENT_LOGON_REGISTRY_H

#include "common/account.h"
#include "common/service.h"
#include "common/status.h"
#include "agent/logon/account_file.h"
#include "agent/provider/provider.h"
#include "agent/secret/secret.h"

typedef struct anonid_logon_t anonid_logon_t;

/* One pushed configuration; counted. */
typedef struct anonid_config_t anonid_config_t;

anonid_config_t *anonid_config_current(void); /* NULL before the first */
anonid_config_t *anonid_config_hold(anonid_config_t *config);
void anonid_config_drop(anonid_config_t *config);

const anonid_account_t *anonid_config_account(const anonid_config_t *config,
                                              const char *name);
const anonid_service_t *anonid_config_service(const anonid_config_t *config,
                                              const char *name);

/* 1 if the account may use the service; both are of that configuration. */
int anonid_config_allows(const anonid_config_t *config,
                         const anonid_account_t *account,
                         const anonid_service_t *service);

/* What mail needs to prove an account to a server, valid while held by the
 * caller: the proven secret and the provider's credentials. */
typedef struct {
    anonid_secret_t *secret;           /* held; may be NULL */
    anonid_credentials_t *credentials; /* may be NULL */
    unsigned long version;             /* credential version: grows with each
                                          proven secret; part of pool keys */
} anonid_proof_t;

/* 1 and a held proof if the account is logged on, else 0. A refused mail
 * login is no logon failure: the agent does not change state for it. */
int anonid_registry_proof(const char *account, anonid_proof_t *proof);
/* A service refused the account's token of that version: whoever gives it is
 * asked for another, once. */
void anonid_registry_token_refused(const char *account, unsigned long version);
/* What a service can be shown of it: ANONID_PROOF_... */
unsigned anonid_proof_kinds(const anonid_proof_t *proof);
void anonid_proof_release(anonid_proof_t *proof);

/* 1 while the server changes the account's password itself, and for some
 * seconds after: mail servers may not know yet; see logon.h. */
int anonid_registry_settling(const char *account);

/* Called (main thread) whenever an account's proven version changes or the
 * account is gone (version 0: none is valid any more), and with account NULL
 * after each new configuration, when any service may have changed: mail drops
 * idle connections that no longer fit. There is one listener. */
typedef void (*anonid_version_listener_t)(const char *account,
                                          unsigned long version);
void anonid_registry_listen(anonid_version_listener_t listener);

/* Tells the listener; for the logon machine. */
void anonid_registry_tell(const char *account, unsigned long version);

/* ---- what comes from the parent, and operators' requests ---- */

/* Makes a configuration the current one; takes the caller's hold. Accounts
 * that it does not have are ended. */
void anonid_registry_apply(anonid_config_t *config);

/* An account file as it is now, for all its accounts; takes the hold. */
void anonid_registry_account_file(anonid_account_file_t *file);

/* The logon of an account, or NULL. Hold it to keep it. */
anonid_logon_t *anonid_registry_logon(const char *account);

/* Tells the accounts that need this one, if there are any, that it has logged
 * on or failed. */
void anonid_registry_changed(const char *account);

/* Visits every logon, in no order. A visit may make visits of its own, which
 * remove nothing. */
typedef void (*anonid_logon_visit_t)(void *context, anonid_logon_t *logon);
void anonid_registry_each(anonid_logon_visit_t visit, void *context);

/* Ends every account and drops everything. */
void anonid_registry_clear(void);

#endif
