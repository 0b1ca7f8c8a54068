/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of failures, and when a warning of it is due: for the first one, on a
 * change, and every hour while it lasts. It must not know where warnings go.
 */
#include "agent/logon/steps.h"

#include <string.h>

#define REPEAT apr_time_from_sec(3600)

void anonid_streak_failed(anonid_logon_t *logon)
{
    if (logon->streak.failures++ == 0)
        logon->streak.since = anonid_logon_world()->now();
}

void anonid_streak_ended(anonid_logon_t *logon)
{
    const anonid_logon_world_t *world = anonid_logon_world();
    anonid_streak_t *streak = &logon->streak;

    if (streak->failures > 0)
        world->recovered(logon->name, streak->failures,
                         (unsigned)apr_time_sec(world->now() - streak->since));
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

void anonid_streak_report(anonid_logon_t *logon, int kept)
{
    const anonid_logon_world_t *world = anonid_logon_world();
    anonid_streak_t *streak = &logon->streak;
    apr_time_t now = world->now();

    if (logon->outcome.code == ANONID_LOGON_OK || !is_due(logon, kept, now))
        return;
    streak->warned = now;
    streak->kept = kept;
    streak->version = logon->candidate.version;
    streak->outcome = logon->outcome;
    world->warn(logon->name, &logon->outcome, kept);
}

apr_time_t anonid_streak_next(const anonid_logon_t *logon)
{
    return logon->streak.warned ? logon->streak.warned + REPEAT : 0;
}
