/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of an attempt means: for the newest secret, for the one in use,
 * for the time of the next attempt, and for the next agent. httpd must not
 * lock an account by being restarted, so failures that would count against it
 * are recorded; how they are kept is in failed_store.h.
 */
#include "agent/base/backoff.h"
#include "agent/logon/machine.h"

static void try_later(anonid_logon_t *logon, const anonid_step_t *step)
{
    logon->next_attempt =
        step->now
        + anonid_backoff_delay(
            logon->streak.failures,
            anonid_failure_info(logon->outcome.code)->min_delay, step->random);
}

void anonid_verdict_note(anonid_logon_t *logon, const anonid_step_t *step,
                         const anonid_outcome_t *outcome)
{
    logon->outcome = *outcome;
    logon->attempted = 1;
    anonid_streak_failed(logon, step);
    if (outcome->kind == ANONID_TRANSIENT) {
        logon->candidate.due = 1;
        try_later(logon, step);
    }
}

void anonid_verdict_record(const anonid_logon_t *logon, anonid_step_t *step,
                           unsigned long version,
                           const anonid_outcome_t *outcome)
{
    anonid_effect_t *effect;

    if (version != logon->candidate.version
        || !anonid_failed_counts(logon->account, logon->source.adopted,
                                 outcome))
        return;
    effect = anonid_effect_add(step, ANONID_EFFECT_RECORD_FAILED);
    effect->failed.version = logon->source.adopted;
    effect->failed.outcome = *outcome;
}

void anonid_verdict_failed(anonid_logon_t *logon, anonid_step_t *step,
                           unsigned long version,
                           const anonid_outcome_t *outcome)
{
    if (version == logon->proven.version && outcome->kind == ANONID_PERMANENT)
        anonid_logon_unprove(logon, step);
    if (version == logon->candidate.version) {
        anonid_verdict_note(logon, step, outcome);
    }
    else if (version == logon->proven.version) {
        logon->proven.due = 1;
        try_later(logon, step);
    }
}

void anonid_verdict_succeeded(anonid_logon_t *logon, anonid_step_t *step,
                              unsigned long version, anonid_secret_t *secret,
                              const anonid_attempt_t *attempt)
{
    if (version < logon->oldest || version < logon->proven.version)
        return;
    anonid_logon_prove(logon, step, version, secret, attempt);
    if (version != logon->candidate.version)
        return;
    if (logon->account->provider != ANONID_PROVIDER_FILE)
        anonid_effect_add(step, ANONID_EFFECT_FORGET_FAILED);
    logon->outcome = attempt->outcome;
    logon->attempted = 1;
    logon->next_attempt = 0;
    anonid_streak_ended(logon, step);
}

void anonid_verdict_recall(anonid_logon_t *logon, const anonid_step_t *step,
                           const anonid_failed_t *failed)
{
    if (!failed || logon->account->provider == ANONID_PROVIDER_FILE)
        return;
    logon->candidate.due = 0;
    logon->outcome = failed->outcome;
    logon->attempted = 1;
    if (logon->streak.failures > 0)
        return;
    logon->streak.failures = 1;
    logon->streak.since = anonid_step_moment(step, failed->when);
}
