/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon of one account: events and decisions; see logon.h.
 *
 * Every event changes what is known and ends in anonid_logon_proceed, the one
 * place that decides what is done next. "Kept" means that an older secret is
 * proven while the newest is not.
 */
#include "logon.h"
#include "backoff.h"
#include "config.h"
#include "logon_steps.h"
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_TIMEOUT apr_time_from_sec(5)

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

static void forget_secret(anonid_versioned_t *what)
{
    anonid_secret_drop(what->secret);
    memset(what, 0, sizeof(*what));
}

void anonid_logon_drop(anonid_logon_t *logon)
{
    if (--logon->holders > 0)
        return;
    forget_secret(&logon->candidate);
    forget_secret(&logon->proven);
    anonid_credentials_drop(logon->credentials);
    anonid_account_file_drop(logon->file);
    anonid_config_drop(logon->config);
    free(logon->name);
    free(logon);
}

/* ---- what is proven ---- */

static void unprove(anonid_logon_t *logon)
{
    int was_proven = logon->proven.version != 0;

    forget_secret(&logon->proven);
    anonid_credentials_drop(logon->credentials);
    logon->credentials = NULL;
    logon->expires = 0;
    logon->renewal = 0;
    if (was_proven)
        world->proven(logon->name, 0);
}

/* The attempt was good: its secret is what mail uses from now on. */
static void prove(anonid_logon_t *logon, unsigned long version,
                  anonid_secret_t *secret, const anonid_attempt_t *attempt)
{
    int is_new = version != logon->proven.version;
    apr_time_t now = world->now();

    anonid_secret_hold(secret);
    forget_secret(&logon->proven);
    logon->proven.secret = secret;
    logon->proven.version = version;
    anonid_credentials_drop(logon->credentials);
    logon->credentials = anonid_credentials_hold(attempt->credentials);
    logon->expires = attempt->outcome.expires;
    logon->renewal =
        logon->expires > now ? now + (logon->expires - now) / 2 : 0;
    if (is_new)
        world->proven(logon->name, version);
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

anonid_state_t anonid_logon_state(const anonid_logon_t *logon)
{
    if (logon->proven.version != 0)
        return ANONID_STATE_LOGGED_ON;
    return logon->attempted ? ANONID_STATE_FAILED : ANONID_STATE_PENDING;
}

/* ---- who waits ---- */

void anonid_logon_answer(anonid_logon_t *logon,
                         const anonid_outcome_t *outcome)
{
    anonid_waiter_t *waiter = logon->waiters;

    logon->waiters = NULL;
    while (waiter) {
        anonid_waiter_t *next = waiter->next;

        waiter->done(waiter, outcome);
        waiter = next;
    }
}

static void add_waiter(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    if (!waiter)
        return;
    waiter->next = logon->waiters;
    logon->waiters = waiter;
}

void anonid_logon_forget_waiter(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    anonid_waiter_t **link = &logon->waiters;

    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
}

/* All that was under way has ended. */
static void answer_idle(anonid_logon_t *logon)
{
    anonid_outcome_t nothing;

    if (logon->attempted) {
        anonid_logon_answer(logon, &logon->outcome);
        return;
    }
    anonid_outcome_set(&nothing, ANONID_ACCESS_DENIED,
                       "neither secret nor account file has come yet");
    anonid_logon_answer(logon, &nothing);
}

/* ---- deciding ---- */

static int wants_file(const anonid_logon_t *logon)
{
    return logon->account->provider == ANONID_PROVIDER_FILE;
}

static int is_idle(const anonid_logon_t *logon)
{
    return !logon->running && !logon->looking
           && logon->sync.stage == ANONID_SYNC_IDLE
           && !anonid_helper_pending(logon);
}

/* Either secret waits for an attempt that could be made. */
static int is_due(const anonid_logon_t *logon)
{
    const anonid_versioned_t *candidate = &logon->candidate;

    return (candidate->due && (candidate->version || logon->account->sync))
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

static void tell_others(anonid_logon_t *logon)
{
    anonid_state_t state = anonid_logon_state(logon);

    if (logon->known == state)
        return;
    logon->known = state;
    world->changed(logon->name);
}

/* Nothing is to be done now: says how things stand. */
static void settle(anonid_logon_t *logon)
{
    if (!logon->attempted)
        return;
    world->publish(logon->account->slot, anonid_logon_state(logon),
                   logon->outcome.code, logon->expires,
                   anonid_logon_next_attempt(logon));
    anonid_streak_report(logon, logon->proven.version != 0);
    tell_others(logon);
}

/* Starts what is due; 0 if nothing is. */
static int start_due(anonid_logon_t *logon)
{
    anonid_versioned_t *candidate = &logon->candidate;
    anonid_versioned_t *proven = &logon->proven;

    if (wants_file(logon) && !logon->file)
        return 0;
    if (logon->sync.wanted) {
        anonid_sync_begin(logon);
        return 1;
    }
    if (!is_due(logon) || world->now() < logon->next_attempt)
        return 0;
    if (candidate->due && !candidate->version && logon->account->sync)
        anonid_sync_begin(logon);
    else if (candidate->due && candidate->version)
        anonid_attempt_start(logon, candidate);
    else
        anonid_attempt_start(logon, proven);
    return 1;
}

void anonid_logon_proceed(anonid_logon_t *logon)
{
    if (logon->gone)
        return;
    if (is_idle(logon) && !start_due(logon)) {
        settle(logon);
        answer_idle(logon);
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
        unprove(logon);
    if (version == logon->candidate.version) {
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
    prove(logon, version, secret, attempt);
    if (version != logon->candidate.version)
        return;
    logon->outcome = attempt->outcome;
    logon->attempted = 1;
    logon->next_attempt = 0;
    anonid_streak_ended(logon);
}

void anonid_logon_attempted(anonid_logon_t *logon, unsigned long version,
                            anonid_secret_t *secret,
                            const anonid_attempt_t *attempt)
{
    logon->running = 0;
    if (logon->gone)
        return;
    if (attempt->outcome.code == ANONID_LOGON_OK)
        attempt_succeeded(logon, version, secret, attempt);
    else
        attempt_failed(logon, version, &attempt->outcome);
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

/* ---- events ---- */

void anonid_logon_doubt(anonid_logon_t *logon)
{
    logon->candidate.due = 1;
    logon->proven.due = logon->proven.version != logon->candidate.version;
    logon->next_attempt = 0;
}

void anonid_logon_adopt(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_secret_hold(secret);
    forget_secret(&logon->candidate);
    logon->candidate.secret = secret;
    logon->candidate.version = anonid_logon_new_version();
    logon->candidate.due = 1;
    logon->next_attempt = 0;
}

/* One of the things that were looked for has come. */
static void looked(anonid_logon_t *logon, int what)
{
    if (!(logon->looking & what))
        return;
    logon->looking &= ~what;
    if (logon->looking)
        return;
    logon->look_until = 0;
    logon->candidate.due = 1;
    logon->next_attempt = 0;
}

void anonid_logon_secret(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_logon_adopt(logon, secret);
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_proceed(logon);
}

void anonid_logon_no_secret(anonid_logon_t *logon, const anonid_outcome_t *why)
{
    forget_secret(&logon->candidate);
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_fail(logon, why);
}

void anonid_logon_same_secret(anonid_logon_t *logon)
{
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_proceed(logon);
}

static int same_file(const anonid_account_file_t *a,
                     const anonid_account_file_t *b)
{
    return a && strcmp(a->path, b->path) == 0
           && strcmp(a->version, b->version) == 0
           && strcmp(a->outcome.detail, b->outcome.detail) == 0;
}

void anonid_logon_file(anonid_logon_t *logon, anonid_account_file_t *file)
{
    int changed = !same_file(logon->file, file);

    anonid_account_file_hold(file);
    anonid_account_file_drop(logon->file);
    logon->file = file;
    if (anonid_sync_file_came(logon)
        || (changed && !anonid_sync_unsettled(logon)))
        anonid_logon_doubt(logon);
    looked(logon, ANONID_LOOK_FILE);
    anonid_logon_proceed(logon);
}

void anonid_logon_demand(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    add_waiter(logon, waiter);
    if (logon->account->secret)
        logon->looking |= ANONID_LOOK_SECRET;
    if (wants_file(logon))
        logon->looking |= ANONID_LOOK_FILE;
    if (logon->looking) {
        logon->look_until = world->now() + LOOK_TIMEOUT;
        world->look(logon->name);
    }
    else {
        logon->candidate.due = 1;
        logon->next_attempt = 0;
    }
    anonid_logon_proceed(logon);
}

void anonid_sync_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    add_waiter(logon, waiter);
    logon->sync.wanted = 1;
    anonid_logon_proceed(logon);
}

/* The logon's end came before a renewal succeeded. */
static void expire(anonid_logon_t *logon)
{
    unprove(logon);
    if (logon->outcome.code == ANONID_LOGON_OK)
        anonid_outcome_set(&logon->outcome, ANONID_NO_LOGON_SERVERS,
                           "the logon ended before it could be renewed");
}

static int is_over(apr_time_t when, apr_time_t now)
{
    return when && now >= when;
}

void anonid_logon_alarm(anonid_logon_t *logon)
{
    apr_time_t now = world->now();

    if (logon->gone)
        return;
    if (is_over(logon->look_until, now))
        looked(logon, logon->looking);
    if (is_over(logon->sync.deadline, now))
        anonid_sync_overdue(logon);
    if (is_over(logon->renewal, now)) {
        logon->renewal = 0;
        if (logon->candidate.version == logon->proven.version)
            logon->candidate.due = 1;
        else
            logon->proven.due = 1;
    }
    if (is_over(logon->expires, now))
        expire(logon);
    anonid_logon_proceed(logon);
}

/* ---- configuration ---- */

/* All fields, so that a new one cannot be forgotten: as on the wire. */
static int same_account(const anonid_account_t *a, const anonid_account_t *b)
{
    anonid_writer_t wa = ANONID_WRITER_INIT, wb = ANONID_WRITER_INIT;
    int same = anonid_account_encode(&wa, a) && anonid_account_encode(&wb, b)
               && wa.length == wb.length
               && memcmp(wa.data, wb.data, wa.length) == 0;

    anonid_writer_free(&wa);
    anonid_writer_free(&wb);
    return same;
}

static int same_source(const anonid_account_t *a, const anonid_account_t *b)
{
    return !a->sync && !b->sync && a->secret && b->secret
           && strcmp(a->secret, b->secret) == 0;
}

/* Forgets what was learnt about the account as it was. */
static void start_over(anonid_logon_t *logon, const anonid_account_t *account)
{
    anonid_sync_stop(logon);
    unprove(logon);
    logon->attempted = 0;
    logon->known = ANONID_STATE_PENDING;
    logon->next_attempt = 0;
    logon->oldest = anonid_logon_new_version();
    if (!same_source(logon->account, account)) {
        forget_secret(&logon->candidate);
        memset(&logon->source, 0, sizeof(logon->source));
    }
    if (logon->candidate.version)
        logon->candidate.version = anonid_logon_new_version();
    logon->candidate.due = 1;
}

/* An account that an earlier agent could not log on has failed before. */
static void inherit(anonid_logon_t *logon)
{
    apr_time_t since;

    if (world->published(logon->account->slot, &since) != ANONID_STATE_FAILED)
        return;
    logon->streak.failures = 1;
    logon->streak.since = since;
}

void anonid_logon_configure(anonid_logon_t *logon, anonid_config_t *config,
                            const anonid_account_t *account,
                            anonid_account_file_t *file)
{
    int is_new = !logon->account;
    int is_other = !is_new && !same_account(logon->account, account);

    if (is_other)
        start_over(logon, account);
    anonid_config_hold(config);
    anonid_config_drop(logon->config);
    logon->config = config;
    logon->account = account;
    if (is_new)
        inherit(logon);
    if (is_new || is_other) {
        logon->candidate.due = 1;
        anonid_account_file_hold(file);
        anonid_account_file_drop(logon->file);
        logon->file = file;
    }
    if (!account->sync && !account->secret && !logon->candidate.version)
        anonid_logon_adopt(logon, NULL);
    anonid_logon_proceed(logon);
}

void anonid_logon_end(anonid_logon_t *logon)
{
    anonid_outcome_t ended;

    logon->gone = 1;
    anonid_sync_stop(logon);
    unprove(logon);
    world->publish(logon->account->slot, ANONID_STATE_PENDING, ANONID_LOGON_OK,
                   0, 0);
    anonid_outcome_set(&ended, ANONID_ACCESS_DENIED,
                       "the account is no longer configured");
    anonid_logon_answer(logon, &ended);
    world->wake(logon, 0);
}
