/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of failures, and when a warning of it is due: for the first one, on a
 * change, and every hour while it lasts. It must not know where warnings go.
 */
#include "agent/logon/machine.h"

#include <string.h>

#define REPEAT apr_time_from_sec(3600)

void anonid_streak_failed(anonid_logon_t *logon, const anonid_step_t *step)
{
    if (logon->streak.failures++ == 0)
        logon->streak.since = step->now;
}

void anonid_streak_ended(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_streak_t *streak = &logon->streak;
    apr_interval_time_t lasted = step->now - streak->since;
    anonid_effect_t *effect;

    if (streak->failures > 0) {
        effect = anonid_effect_add(step, ANONID_EFFECT_RECOVERED);
        effect->recovered.failures = streak->failures;
        /* The first failure's date may be an earlier agent's, of a clock that
         * was set back since. */
        effect->recovered.seconds =
            lasted > 0 ? (unsigned)apr_time_sec(lasted) : 0;
    }
    memset(streak, 0, sizeof(*streak));
}

/* 1 if a difference in the detail is news. What a failing server says may
 * differ from one attempt to the next; the other causes are each one's own. */
static int detail_matters(const anonid_outcome_t *outcome)
{
    return outcome->kind == ANONID_PERMANENT
           || outcome->code == ANONID_ACCESS_DENIED;
}

static int is_due(const anonid_logon_t *logon, int kept, apr_time_t now)
{
    const anonid_streak_t *streak = &logon->streak;
    const anonid_outcome_t *outcome = &logon->outcome;

    if (!streak->warned || now - streak->warned >= REPEAT)
        return 1;
    if (streak->outcome.code != outcome->code || streak->kept != kept)
        return 1;
    if (!detail_matters(outcome))
        return 0;
    return streak->version != logon->candidate.version
           || strcmp(streak->outcome.detail, outcome->detail) != 0;
}

void anonid_streak_report(anonid_logon_t *logon, anonid_step_t *step, int kept)
{
    anonid_streak_t *streak = &logon->streak;
    anonid_effect_t *effect;

    if (logon->outcome.code == ANONID_LOGON_OK
        || !is_due(logon, kept, step->now))
        return;
    streak->warned = step->now;
    streak->kept = kept;
    streak->version = logon->candidate.version;
    streak->outcome = logon->outcome;
    effect = anonid_effect_add(step, ANONID_EFFECT_WARN);
    effect->warning.outcome = logon->outcome;
    effect->warning.kept = kept;
}

apr_time_t anonid_streak_next(const anonid_logon_t *logon)
{
    /* An account that has changed since has nothing to repeat yet. */
    return logon->streak.warned && logon->attempted
               ? logon->streak.warned + REPEAT
               : 0;
}
