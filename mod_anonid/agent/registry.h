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
#ifndef ANONID_AGENT_REGISTRY_H
#define ANONID_AGENT_REGISTRY_H

#include "../common/account.h"
#include "../common/service.h"
#include "../common/status.h"
#include "provider.h"
#include "secret.h"

/* One pushed configuration; counted. */
typedef struct anonid_config_t anonid_config_t;

anonid_config_t *anonid_config_current(void); /* NULL before the first */
anonid_config_t *anonid_config_hold(anonid_config_t *config);
void anonid_config_drop(anonid_config_t *config);

const anonid_account_t *anonid_config_account(const anonid_config_t *config,
                                              const char *name);
const anonid_service_t *anonid_config_service(const anonid_config_t *config,
                                              const char *name);

/* What mail needs to prove an account to a server, valid while held by the
 * caller: the proven secret and the provider's credentials. */
typedef struct {
    anonid_secret_t *secret;           /* held; may be NULL (keytab) */
    anonid_credentials_t *credentials; /* may be NULL */
    unsigned long version;             /* credential version: grows with each
                                          proven secret; part of pool keys */
} anonid_proof_t;

/* 1 and a held proof if the account is logged on, else 0. A refused mail
 * login is no logon failure: the agent does not change state for it. */
int anonid_registry_proof(const char *account, anonid_proof_t *proof);
void anonid_proof_release(anonid_proof_t *proof);

/* Called (main thread) whenever an account's proven version changes, the
 * account is gone, or a service has changed: mail drops idle connections
 * that no longer fit. version 0: none is valid any more. */
typedef void (*anonid_version_listener_t)(const char *account,
                                          unsigned long version);
void anonid_registry_listen(anonid_version_listener_t listener);

#endif
