/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon of one account: its decisions; see logon.h.
 *
 * Every event (events.c, reconfigure.c, sync.c, the end of an attempt)
 * changes what is known and ends in anonid_logon_proceed, the one place that
 * decides what is done next. "Kept" means that an older secret is
 * proven while the newest is not.
 */
#include "agent/logon/logon.h"
#include "agent/base/backoff.h"
#include "agent/logon/config.h"
#include "agent/logon/steps.h"
#include "agent/logon/sync.h"

#include "common/warning.h"

#include <stdlib.h>
#include <string.h>

static const anonid_logon_world_t *world;
static unsigned long last_version;

void anonid_logon_set_world(const anonid_logon_world_t *new_world)
{
    world = new_world;
}

const anonid_logon_world_t *anonid_logon_world(void)
{
    return world;
}

unsigned long anonid_logon_new_version(void)
{
    return ++last_version;
}

/* ---- its life ---- */

anonid_logon_t *anonid_logon_make(const char *name)
{
    anonid_logon_t *logon = calloc(1, sizeof(*logon));

    if (!logon)
        return NULL;
    logon->holders = 1;
    logon->name = strdup(name);
    if (!logon->name) {
        free(logon);
        return NULL;
    }
    return logon;
}

anonid_logon_t *anonid_logon_hold(anonid_logon_t *logon)
{
    logon->holders++;
    return logon;
}

void anonid_logon_drop(anonid_logon_t *logon)
{
    if (--logon->holders > 0)
        return;
    anonid_versioned_forget(&logon->candidate);
    anonid_versioned_forget(&logon->proven);
    anonid_credentials_drop(logon->credentials);
    anonid_account_file_drop(logon->file);
    anonid_config_drop(logon->config);
    free(logon->name);
    free(logon);
}

/* ---- deciding ---- */

int anonid_logon_wants_file(const anonid_logon_t *logon)
{
    return logon->account->provider == ANONID_PROVIDER_FILE;
}

static int is_idle(const anonid_logon_t *logon)
{
    return !logon->running && !logon->looking
           && logon->sync.stage == ANONID_SYNC_IDLE
           && !anonid_helper_pending(logon);
}

/* The newest secret waits for an attempt, or can be obtained. */
static int candidate_is_due(const anonid_logon_t *logon)
{
    return logon->candidate.due
           && (logon->candidate.version || logon->account->sync
               || logon->source.retry);
}

/* Either secret waits for an attempt that could be made. */
static int is_due(const anonid_logon_t *logon)
{
    return candidate_is_due(logon)
           || (logon->proven.version && logon->proven.due);
}

apr_time_t anonid_logon_next_attempt(const anonid_logon_t *logon)
{
    return is_due(logon) ? logon->next_attempt : 0;
}

static void sooner(apr_time_t *when, apr_time_t other)
{
    if (other && (!*when || other < *when))
        *when = other;
}

static void arm(anonid_logon_t *logon)
{
    apr_time_t when = 0;

    sooner(&when, logon->renewal);
    sooner(&when, logon->expires);
    sooner(&when, logon->look_until);
    sooner(&when, logon->sync.deadline);
    if (is_idle(logon))
        sooner(&when, anonid_streak_next(logon));
    if (is_idle(logon) && is_due(logon))
        sooner(&when, logon->next_attempt);
    world->wake(logon, when);
}

/* What is still in use if the newest secret has failed. */
static anonid_kept_t kept(const anonid_logon_t *logon)
{
    if (logon->proven.version == 0)
        return ANONID_KEPT_NOTHING;
    return logon->proven.version == logon->candidate.version
               ? ANONID_KEPT_LOGON
               : ANONID_KEPT_OLD_SECRET;
}

static void tell_others(anonid_logon_t *logon)
{
    anonid_state_t state = anonid_logon_state(logon);

    if (logon->known == state)
        return;
    logon->known = state;
    world->changed(logon->name);
}

void anonid_logon_settle(anonid_logon_t *logon)
{
    if (!logon->attempted)
        return;
    world->publish(logon->account->slot, anonid_logon_state(logon),
                   logon->outcome.code, logon->expires,
                   anonid_logon_next_attempt(logon));
    anonid_streak_report(logon, kept(logon));
    tell_others(logon);
}

/* There is no newest secret: makes one, or asks for it again. */
static void obtain(anonid_logon_t *logon)
{
    if (logon->account->sync) {
        anonid_sync_begin(logon);
        return;
    }
    logon->candidate.due = 0;
    logon->source.retry = 0;
    world->look(logon->name);
}

/* Starts what is due; 0 if nothing is. */
static int start_due(anonid_logon_t *logon)
{
    if (anonid_logon_wants_file(logon) && !logon->file)
        return 0;
    if (logon->sync.wanted) {
        anonid_sync_begin(logon);
        return 1;
    }
    if (!is_due(logon) || world->now() < logon->next_attempt)
        return 0;
    if (!candidate_is_due(logon))
        anonid_attempt_start(logon, &logon->proven);
    else if (logon->candidate.version)
        anonid_attempt_start(logon, &logon->candidate);
    else
        obtain(logon);
    return 1;
}

void anonid_logon_proceed(anonid_logon_t *logon)
{
    if (logon->gone)
        return;
    if (is_idle(logon) && !start_due(logon)) {
        anonid_logon_settle(logon);
        anonid_logon_answer_idle(logon);
    }
    arm(logon);
}

/* ---- the end of an attempt ---- */

static void try_later(anonid_logon_t *logon)
{
    logon->next_attempt =
        world->now()
        + anonid_backoff_delay(
            logon->streak.failures,
            anonid_failure_info(logon->outcome.code)->min_delay,
            world->random());
}

/* Keeps what the newest secret, or the lack of one, has come to. */
static void note_failure(anonid_logon_t *logon,
                         const anonid_outcome_t *outcome)
{
    logon->outcome = *outcome;
    logon->attempted = 1;
    anonid_streak_failed(logon);
    if (outcome->kind == ANONID_TRANSIENT) {
        logon->candidate.due = 1;
        try_later(logon);
    }
}

void anonid_logon_fail(anonid_logon_t *logon, const anonid_outcome_t *outcome)
{
    logon->candidate.due = 0;
    note_failure(logon, outcome);
    anonid_logon_proceed(logon);
}

static void attempt_failed(anonid_logon_t *logon, unsigned long version,
                           const anonid_outcome_t *outcome)
{
    if (version == logon->proven.version && outcome->kind == ANONID_PERMANENT)
        anonid_logon_unprove(logon);
    if (version == logon->candidate.version) {
        anonid_logon_remember(logon, outcome);
        note_failure(logon, outcome);
    }
    else if (version == logon->proven.version) {
        logon->proven.due = 1;
        try_later(logon);
    }
}

static void attempt_succeeded(anonid_logon_t *logon, unsigned long version,
                              anonid_secret_t *secret,
                              const anonid_attempt_t *attempt)
{
    if (version < logon->oldest || version < logon->proven.version)
        return;
    anonid_logon_prove(logon, version, secret, attempt);
    if (version != logon->candidate.version)
        return;
    anonid_logon_forget(logon);
    logon->outcome = attempt->outcome;
    logon->attempted = 1;
    logon->next_attempt = 0;
    anonid_streak_ended(logon);
}

static void attempt_ended(anonid_logon_t *logon, unsigned long version,
                          anonid_secret_t *secret,
                          const anonid_attempt_t *attempt)
{
    if (attempt->outcome.code == ANONID_LOGON_OK)
        attempt_succeeded(logon, version, secret, attempt);
    else
        attempt_failed(logon, version, &attempt->outcome);
}

static void note_checked(anonid_versioned_t *what, unsigned long version,
                         const anonid_attempt_t *attempt)
{
    if (what->version == version)
        memcpy(what->checked, attempt->checked, sizeof(what->checked));
}

void anonid_logon_attempted(anonid_logon_t *logon, unsigned long version,
                            anonid_secret_t *secret,
                            const anonid_attempt_t *attempt)
{
    logon->running = 0;
    if (logon->gone)
        return;
    note_checked(&logon->candidate, version, attempt);
    note_checked(&logon->proven, version, attempt);
    if (!attempt->unchanged)
        attempt_ended(logon, version, secret, attempt);
    anonid_logon_proceed(logon);
}

void anonid_logon_refused(anonid_logon_t *logon, unsigned long version,
                          const anonid_outcome_t *outcome)
{
    /* An attempt of its own that runs will tell as much. */
    if (logon->gone || logon->running || version != logon->proven.version)
        return;
    attempt_failed(logon, version, outcome);
    anonid_logon_proceed(logon);
}
