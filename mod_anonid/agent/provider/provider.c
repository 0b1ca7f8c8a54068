/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of logon providers, and the life of what they leave behind; see
 * provider.h. It must not know how any of them works.
 */
#include "agent/provider/provider.h"

static const anonid_provider_ops_t *const providers[] = {
    &anonid_provider_file,   &anonid_provider_krb5,  &anonid_provider_ldap,
    &anonid_provider_oauth2, &anonid_provider_token,
};

#define N_PROVIDERS (sizeof(providers) / sizeof(providers[0]))

const anonid_provider_ops_t *anonid_provider_find(anonid_provider_t id)
{
    for (size_t i = 0; i < N_PROVIDERS; i++) {
        if (providers[i]->id == id)
            return providers[i];
    }
    return NULL;
}

anonid_credentials_t *anonid_credentials_hold(anonid_credentials_t *held)
{
    if (held)
        atomic_fetch_add(&held->holders, 1);
    return held;
}

void anonid_credentials_drop(anonid_credentials_t *held)
{
    if (held && atomic_fetch_sub(&held->holders, 1) == 1)
        held->provider->release(held);
}
