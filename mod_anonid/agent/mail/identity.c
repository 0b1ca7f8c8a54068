/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counted life of an identity; see identity.h.
 */
#include "agent/mail/identity.h"
#include "agent/logon/config.h"

#include <stdlib.h>
#include <string.h>

anonid_login_t *anonid_login_make(struct event_base *base,
                                  anonid_config_t *config,
                                  const anonid_account_t *account,
                                  const anonid_service_t *service,
                                  const anonid_proof_t *proof)
{
    anonid_login_t *login = calloc(1, sizeof(*login));
    anonid_proof_t taken = *proof;

    if (!login) {
        anonid_proof_release(&taken);
        return NULL;
    }
    login->holders = 1;
    login->base = base;
    login->config = anonid_config_hold(config);
    login->account = account;
    login->service = service;
    login->pair = anonid_config_pair_slot(config, account, service);
    login->proof = taken;
    return login;
}

anonid_login_t *anonid_login_hold(anonid_login_t *login)
{
    login->holders++;
    return login;
}

void anonid_login_drop(anonid_login_t *login)
{
    if (!login || --login->holders > 0)
        return;
    anonid_proof_release(&login->proof);
    anonid_config_drop(login->config);
    free(login);
}

void anonid_login_for(anonid_login_t *login, const anonid_visitor_t *visitor)
{
    if (login->service->client_address)
        login->visitor = *visitor;
}

void anonid_login_for_address(anonid_login_t *login, const char *address)
{
    anonid_visitor_t visitor = { 0 };

    (void)anonid_visitor_address(&visitor, address, strlen(address));
    anonid_login_for(login, &visitor);
}

int anonid_login_is_current(const anonid_login_t *login)
{
    anonid_proof_t proof;
    int current;

    if (!anonid_registry_proof(login->account->name, &proof))
        return 0;
    current = proof.version == login->proof.version;
    anonid_proof_release(&proof);
    return current;
}
