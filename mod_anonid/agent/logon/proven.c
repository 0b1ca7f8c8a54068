/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proven of an account: the secret and the credentials that mail may
 * use, and until when. It must not know how they were proven.
 */
#include "agent/logon/steps.h"

#include <string.h>

void anonid_versioned_forget(anonid_versioned_t *what)
{
    anonid_secret_drop(what->secret);
    memset(what, 0, sizeof(*what));
}

void anonid_logon_unprove(anonid_logon_t *logon)
{
    int was_proven = logon->proven.version != 0;

    anonid_versioned_forget(&logon->proven);
    anonid_credentials_drop(logon->credentials);
    logon->credentials = NULL;
    logon->expires = 0;
    logon->renewal = 0;
    if (was_proven)
        anonid_logon_world()->proven(logon->name, 0);
}

void anonid_logon_prove(anonid_logon_t *logon, unsigned long version,
                        anonid_secret_t *secret,
                        const anonid_attempt_t *attempt)
{
    int is_new = version != logon->proven.version;
    apr_time_t now = anonid_logon_world()->now();

    anonid_secret_hold(secret);
    anonid_versioned_forget(&logon->proven);
    logon->proven.secret = secret;
    logon->proven.version = version;
    memcpy(logon->proven.checked, attempt->checked, sizeof(attempt->checked));
    anonid_credentials_drop(logon->credentials);
    logon->credentials = anonid_credentials_hold(attempt->credentials);
    logon->expires = attempt->outcome.expires;
    logon->renewal =
        logon->expires > now ? now + (logon->expires - now) / 2 : 0;
    if (is_new)
        anonid_logon_world()->proven(logon->name, version);
}

int anonid_logon_proof(const anonid_logon_t *logon, anonid_proof_t *proof)
{
    if (logon->proven.version == 0)
        return 0;
    proof->secret = anonid_secret_hold(logon->proven.secret);
    proof->credentials = anonid_credentials_hold(logon->credentials);
    proof->version = logon->proven.version;
    return 1;
}

unsigned anonid_proof_kinds(const anonid_proof_t *proof)
{
    unsigned kinds = 0;

    if (proof->secret
        && anonid_secret_kind(proof->secret) == ANONID_SECRET_PASSWORD)
        kinds |= ANONID_PROOF_PASSWORD;
    if (proof->credentials
        && proof->credentials->provider->id == ANONID_PROVIDER_KRB5)
        kinds |= ANONID_PROOF_TICKET;
    if (proof->credentials
        && (proof->credentials->provider->id == ANONID_PROVIDER_TOKEN
            || proof->credentials->provider->id == ANONID_PROVIDER_OAUTH2))
        kinds |= ANONID_PROOF_TOKEN;
    return kinds;
}

anonid_state_t anonid_logon_state(const anonid_logon_t *logon)
{
    if (logon->proven.version != 0)
        return ANONID_STATE_LOGGED_ON;
    return logon->attempted ? ANONID_STATE_FAILED : ANONID_STATE_PENDING;
}
