/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account's secrets: the newest one, which is to be proven, and the proven
 * one with the credentials that mail may use, and until when. It must not know
 * how they are proven.
 */
#include "agent/logon/machine.h"

#include <string.h>

void anonid_versioned_forget(anonid_versioned_t *what)
{
    anonid_secret_drop(what->secret);
    memset(what, 0, sizeof(*what));
}

void anonid_logon_adopt(anonid_logon_t *logon, anonid_step_t *step,
                        anonid_secret_t *secret)
{
    anonid_secret_hold(secret);
    anonid_versioned_forget(&logon->candidate);
    logon->candidate.secret = secret;
    logon->candidate.version = ++step->last_version;
    logon->candidate.due = 1;
    logon->next_attempt = 0;
}

void anonid_logon_doubt(anonid_logon_t *logon)
{
    logon->candidate.due = 1;
    logon->proven.due = logon->proven.version != logon->candidate.version;
    logon->next_attempt = 0;
}

static void tell_version(const anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_effect_add(step, ANONID_EFFECT_PROVEN)->version =
        logon->proven.version;
}

void anonid_logon_unprove(anonid_logon_t *logon, anonid_step_t *step)
{
    int was_proven = logon->proven.version != 0;

    anonid_versioned_forget(&logon->proven);
    anonid_credentials_drop(logon->credentials);
    logon->credentials = NULL;
    logon->expires = 0;
    logon->ends = 0;
    logon->renewal = 0;
    if (was_proven)
        tell_version(logon, step);
}

/* How long the logon is good, and when it is renewed. */
static void take_life(anonid_logon_t *logon, const anonid_step_t *step,
                      const anonid_outcome_t *outcome)
{
    apr_interval_time_t life = outcome->life;

    if (outcome->expires)
        life = outcome->expires - step->date;
    logon->expires = outcome->expires;
    logon->ends = outcome->life ? step->now + outcome->life : 0;
    logon->renewal = life > 0 ? step->now + life / 2 : 0;
}

apr_time_t anonid_logon_end_date(const anonid_logon_t *logon,
                                 const anonid_step_t *step)
{
    return logon->expires ? logon->expires
                          : anonid_step_date(step, logon->ends);
}

void anonid_logon_prove(anonid_logon_t *logon, anonid_step_t *step,
                        unsigned long version, anonid_secret_t *secret,
                        const anonid_attempt_t *attempt)
{
    int is_new = version != logon->proven.version;
    apr_time_t since = is_new ? step->date : logon->proven.since;

    anonid_secret_hold(secret);
    anonid_versioned_forget(&logon->proven);
    logon->proven.secret = secret;
    logon->proven.version = version;
    logon->proven.since = since;
    logon->proven.expires = attempt->secret_expires;
    logon->proven.asked = attempt->expiry_asked;
    memcpy(logon->proven.checked, attempt->checked, sizeof(attempt->checked));
    anonid_credentials_drop(logon->credentials);
    logon->credentials = anonid_credentials_hold(attempt->credentials);
    take_life(logon, step, &attempt->outcome);
    if (is_new)
        tell_version(logon, step);
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
