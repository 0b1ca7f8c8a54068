/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of a failed secret beyond the life of an agent: httpd
 * must not lock an account by being restarted. Owns which failures count; how
 * they are kept is the world's.
 */
#include "agent/logon/steps.h"

/* A local account can be checked as often as one likes; and what we could not
 * even ask about is no failure of the secret. */
static int counts(const anonid_logon_t *logon, const anonid_outcome_t *outcome)
{
    return logon->account->provider != ANONID_PROVIDER_FILE
           && logon->source.adopted[0] && outcome->kind == ANONID_PERMANENT
           && outcome->code != ANONID_ACCESS_DENIED;
}

void anonid_logon_remember(anonid_logon_t *logon,
                           const anonid_outcome_t *outcome)
{
    if (counts(logon, outcome))
        anonid_logon_world()->remember(logon->account, logon->source.adopted,
                                       outcome);
}

void anonid_logon_recall(anonid_logon_t *logon)
{
    anonid_failed_t failed;

    if (logon->account->provider == ANONID_PROVIDER_FILE
        || !anonid_logon_world()->recall(logon->account, logon->source.adopted,
                                         &failed))
        return;
    logon->candidate.due = 0;
    logon->outcome = failed.outcome;
    logon->attempted = 1;
    if (logon->streak.failures > 0)
        return;
    logon->streak.failures = 1;
    logon->streak.since = failed.when;
}

void anonid_logon_forget(anonid_logon_t *logon)
{
    if (logon->account->provider != ANONID_PROVIDER_FILE)
        anonid_logon_world()->forget(logon->account);
}
