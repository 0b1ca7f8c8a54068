/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon machine's step; see step.h.
 *
 * Every event changes what is known (the table at the end) and then leads to
 * `proceed`, the one place that decides what is done next. "Kept" means that
 * an older secret is proven while the newest is not.
 */
#include "agent/logon/machine.h"
#include "agent/provider/option.h"

#include "common/warning.h"

#include <string.h>

#define LOOK_TIMEOUT apr_time_from_sec(5)

/* ---- what is due ---- */

/* Nothing can be tried before an account file has come. */
static int wants_file(const anonid_logon_t *logon)
{
    return logon->account->provider == ANONID_PROVIDER_FILE;
}

static int is_idle(const anonid_logon_t *logon, const anonid_step_t *step)
{
    return !logon->running && !logon->looking
           && logon->sync.stage == ANONID_SYNC_IDLE && !step->helper_pending;
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

static void arm(const anonid_logon_t *logon, anonid_step_t *step)
{
    apr_time_t when = 0;

    sooner(&when, logon->renewal);
    sooner(&when, anonid_step_moment(step, logon->expires));
    sooner(&when, logon->ends);
    sooner(&when, logon->look_until);
    sooner(&when, logon->sync.deadline);
    sooner(&when, logon->refresh.again);
    if (is_idle(logon, step)) {
        sooner(&when, anonid_streak_next(logon));
        sooner(&when, anonid_expiry_next(logon, step));
    }
    if (is_idle(logon, step) && is_due(logon))
        sooner(&when, logon->next_attempt);
    anonid_effect_add(step, ANONID_EFFECT_ALARM)->when = when;
}

/* ---- saying how things stand ---- */

/* What is still in use if the newest secret has failed. */
static anonid_kept_t kept(const anonid_logon_t *logon)
{
    if (logon->proven.version == 0)
        return ANONID_KEPT_NOTHING;
    return logon->proven.version == logon->candidate.version
               ? ANONID_KEPT_LOGON
               : ANONID_KEPT_OLD_SECRET;
}

static void publish(const anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_effect_t *effect = anonid_effect_add(step, ANONID_EFFECT_PUBLISH);

    effect->published.state = anonid_logon_state(logon);
    effect->published.code = logon->outcome.code;
    effect->published.expires = anonid_logon_end_date(logon, step);
    effect->published.next_attempt =
        anonid_step_date(step, anonid_logon_next_attempt(logon));
    effect->published.expiry = logon->expiry;
}

static void tell_others(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_state_t state = anonid_logon_state(logon);

    if (logon->known == state)
        return;
    logon->known = state;
    anonid_effect_add(step, ANONID_EFFECT_TELL_OTHERS);
}

/* To the workers, in a warning if one is due, and to accounts that need this
 * one. */
static void settle(anonid_logon_t *logon, anonid_step_t *step)
{
    if (!logon->attempted)
        return;
    anonid_expiry_report(logon, step);
    publish(logon, step);
    anonid_streak_report(logon, step, kept(logon));
    tell_others(logon, step);
}

/* All that was under way has ended. */
static void answer(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_outcome_t nothing;

    if (logon->attempted) {
        anonid_waiters_answer(logon, step, &logon->outcome);
        return;
    }
    anonid_outcome_set(&nothing, ANONID_ACCESS_DENIED,
                       "neither secret nor account file has come yet");
    anonid_waiters_answer(logon, step, &nothing);
}

/* ---- what is done next ---- */

static void look(anonid_step_t *step)
{
    anonid_effect_add(step, ANONID_EFFECT_LOOK);
}

/* 1 if an attempt runs now; 0 if it has failed already, because the account
 * file cannot be read. */
static int attempt(anonid_logon_t *logon, anonid_step_t *step,
                   anonid_versioned_t *what)
{
    what->due = 0;
    if (logon->file && !logon->file->table) {
        memset(what->checked, 0, sizeof(what->checked));
        anonid_verdict_failed(logon, step, what->version,
                              &logon->file->outcome);
        return 0;
    }
    logon->running = 1;
    anonid_effect_add(step, ANONID_EFFECT_ATTEMPT)->with = what;
    return 1;
}

/* There is no newest secret: makes one, or asks for it again. */
static int obtain(anonid_logon_t *logon, anonid_step_t *step)
{
    if (logon->account->sync)
        return anonid_rotation_begin(logon, step);
    logon->candidate.due = 0;
    logon->source.retry = 0;
    look(step);
    return 1;
}

static int start_attempt(anonid_logon_t *logon, anonid_step_t *step)
{
    if (!candidate_is_due(logon))
        return attempt(logon, step, &logon->proven);
    if (logon->candidate.version)
        return attempt(logon, step, &logon->candidate);
    return obtain(logon, step);
}

/* Starts what is due; 0 if nothing is. What fails at once may have made
 * something else due: the other secret, or the old password. */
static int start_due(anonid_logon_t *logon, anonid_step_t *step)
{
    int has_started = 0;

    if (wants_file(logon) && !logon->file)
        return 0;
    while (!has_started) {
        if (logon->sync.wanted)
            has_started = anonid_rotation_begin(logon, step);
        else if (is_due(logon) && step->now >= logon->next_attempt)
            has_started = start_attempt(logon, step);
        else
            return 0;
    }
    return 1;
}

static void proceed(anonid_logon_t *logon, anonid_step_t *step)
{
    if (is_idle(logon, step) && !start_due(logon, step)) {
        settle(logon, step);
        answer(logon, step);
    }
    arm(logon, step);
}

/* ---- the events ---- */

/* What follows from an event, beside its own effects. */
typedef enum {
    NOTHING,
    PROCEED
} follow_t;

typedef follow_t (*handler_t)(anonid_logon_t *logon, anonid_step_t *step,
                              const anonid_logon_event_t *event);

static follow_t on_configured(anonid_logon_t *logon, anonid_step_t *step,
                              const anonid_logon_event_t *event)
{
    anonid_account_configured(logon, step, event);
    return PROCEED;
}

static follow_t on_ended(anonid_logon_t *logon, anonid_step_t *step,
                         const anonid_logon_event_t *event)
{
    (void)event;
    anonid_account_ended(logon, step);
    return NOTHING;
}

/* An attempt with the newest secret, even if nothing seems to have changed. */
static void insist(anonid_logon_t *logon)
{
    anonid_versioned_t *candidate = &logon->candidate;

    logon->insistent = 0;
    memset(candidate->checked, 0, sizeof(candidate->checked));
    memset(candidate->made, 0, sizeof(candidate->made));
    candidate->due = 1;
    candidate->insisted = 1;
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
    if (logon->insistent)
        insist(logon);
}

static follow_t on_secret(anonid_logon_t *logon, anonid_step_t *step,
                          const anonid_logon_event_t *event)
{
    int is_first = logon->candidate.version == 0;

    anonid_logon_adopt(logon, step, event->secret.secret);
    anonid_logon_source_version(logon, logon->source.adopted);
    if (is_first)
        anonid_verdict_recall(logon, step, event->secret.failed);
    looked(logon, ANONID_LOOK_SECRET);
    return PROCEED;
}

static follow_t on_no_secret(anonid_logon_t *logon, anonid_step_t *step,
                             const anonid_logon_event_t *event)
{
    anonid_versioned_forget(&logon->candidate);
    looked(logon, ANONID_LOOK_SECRET);
    logon->candidate.due = 0;
    anonid_verdict_note(logon, step, event->no_secret);
    return PROCEED;
}

static follow_t on_same_secret(anonid_logon_t *logon, anonid_step_t *step,
                               const anonid_logon_event_t *event)
{
    (void)event;
    looked(logon, ANONID_LOOK_SECRET);
    anonid_refresh_looked(logon, step);
    return PROCEED;
}

static int same_file(const anonid_account_file_t *a,
                     const anonid_account_file_t *b)
{
    return a && strcmp(a->path, b->path) == 0
           && strcmp(a->version, b->version) == 0
           && strcmp(a->outcome.detail, b->outcome.detail) == 0;
}

static follow_t on_file(anonid_logon_t *logon, anonid_step_t *step,
                        const anonid_logon_event_t *event)
{
    int changed = !same_file(logon->file, event->file);

    anonid_account_file_hold(event->file);
    anonid_account_file_drop(logon->file);
    logon->file = event->file;
    if (anonid_rotation_file_came(logon, step)
        || (changed && !anonid_rotation_unsettled(logon)))
        anonid_logon_doubt(logon);
    looked(logon, ANONID_LOOK_FILE);
    return PROCEED;
}

static follow_t on_asked(anonid_logon_t *logon, anonid_step_t *step,
                         const anonid_logon_event_t *event)
{
    anonid_waiter_add(logon, event->asked.waiter);
    logon->insistent |= event->asked.insistent;
    if (anonid_account_source(logon->account))
        logon->looking |= ANONID_LOOK_SECRET;
    if (wants_file(logon))
        logon->looking |= ANONID_LOOK_FILE;
    if (logon->looking) {
        logon->look_until = step->now + LOOK_TIMEOUT;
        look(step);
    }
    else if (logon->insistent) {
        insist(logon);
    }
    return PROCEED;
}

static follow_t on_rotate(anonid_logon_t *logon, anonid_step_t *step,
                          const anonid_logon_event_t *event)
{
    (void)step;
    anonid_waiter_add(logon, event->asked.waiter);
    logon->sync.wanted = 1;
    return PROCEED;
}

/* A token that its source still has is the same version again, and changes
 * nothing: services go on refusing it, and it is not asked for a second
 * time. */
static follow_t on_token_refused(anonid_logon_t *logon, anonid_step_t *step,
                                 const anonid_logon_event_t *event)
{
    if (event->version != logon->proven.version
        || event->version == logon->asked_anew)
        return NOTHING;
    logon->asked_anew = event->version;
    if (logon->account->provider == ANONID_PROVIDER_TOKEN) {
        look(step);
        return NOTHING;
    }
    if (logon->account->provider != ANONID_PROVIDER_OAUTH2
        || logon->candidate.version != event->version)
        return NOTHING;
    /* The next token is another credential, though the client's secret stays:
     * services have to try that, too. */
    anonid_logon_adopt(logon, step, logon->candidate.secret);
    logon->asked_anew = logon->candidate.version;
    return PROCEED;
}

/* Half of the logon's life is over. A token's source may have the next one: to
 * look at the same one again would be of no use. */
static void renew(anonid_logon_t *logon, anonid_step_t *step)
{
    logon->renewal = 0;
    if (logon->account->provider == ANONID_PROVIDER_TOKEN)
        look(step);
    else if (logon->candidate.version == logon->proven.version)
        logon->candidate.due = 1;
    else
        logon->proven.due = 1;
}

/* The logon's end came before a renewal succeeded. One that is under way may
 * wait for a server that hangs; visitors are not served until then. */
static void expire(anonid_logon_t *logon, anonid_step_t *step)
{
    if (logon->renewal) /* a clock that is set skips it */
        renew(logon, step);
    anonid_logon_unprove(logon, step);
    if (logon->outcome.code == ANONID_LOGON_OK) {
        anonid_outcome_set(&logon->outcome, ANONID_NO_LOGON_SERVERS,
                           "the logon ended before it could be renewed");
        anonid_streak_failed(logon, step);
    }
    settle(logon, step);
}

static int is_over(apr_time_t when, const anonid_step_t *step)
{
    return when && step->now >= when;
}

static int is_past(apr_time_t date, const anonid_step_t *step)
{
    return date && step->date >= date;
}

static int has_ended(const anonid_logon_t *logon, const anonid_step_t *step)
{
    return is_over(logon->ends, step) || is_past(logon->expires, step);
}

static follow_t on_time(anonid_logon_t *logon, anonid_step_t *step,
                        const anonid_logon_event_t *event)
{
    (void)event;
    if (is_over(logon->look_until, step))
        looked(logon, logon->looking);
    if (is_over(logon->sync.deadline, step))
        anonid_rotation_overdue(logon, step);
    if (is_over(logon->refresh.again, step))
        anonid_refresh_store(logon, step);
    if (is_over(logon->renewal, step))
        renew(logon, step);
    if (has_ended(logon, step))
        expire(logon, step);
    return PROCEED;
}

/* What follows waits for its time, which is now: the other account's own step
 * has not ended. */
static follow_t on_helper_changed(anonid_logon_t *logon, anonid_step_t *step,
                                  const anonid_logon_event_t *event)
{
    const char *needed =
        logon->account ? anonid_account_helper(logon->account) : NULL;

    if (!needed || strcmp(needed, event->helper) != 0)
        return NOTHING;
    /* What failed for want of the other account need not wait. */
    if (logon->outcome.code == ANONID_ACCESS_DENIED)
        logon->next_attempt = 0;
    anonid_effect_add(step, ANONID_EFFECT_ALARM)->when = step->now;
    return NOTHING;
}

static void note_checked(anonid_versioned_t *what, unsigned long version,
                         const anonid_attempt_t *attempt)
{
    if (what->version == version)
        memcpy(what->checked, attempt->checked, sizeof(what->checked));
}

/* What is over as soon as it begins is of no use, and would be asked for again
 * at once: one of the two clocks is wrong. */
static int began_too_late(const anonid_outcome_t *outcome,
                          const anonid_step_t *step, anonid_outcome_t *skewed)
{
    if (outcome->code != ANONID_LOGON_OK || !is_past(outcome->expires, step))
        return 0;
    anonid_outcome_set(skewed, ANONID_TIME_SKEW,
                       "by this computer's clock the logon is over already");
    return 1;
}

/* A stored refresh token makes another version of the source, so that what was
 * recorded meanwhile is of no use. */
static int is_recorded(const anonid_logon_t *logon, const char *recorded)
{
    return recorded && strcmp(recorded, logon->source.adopted) == 0;
}

static follow_t on_attempted(anonid_logon_t *logon, anonid_step_t *step,
                             const anonid_logon_event_t *event)
{
    const anonid_attempt_t *ended = event->attempted.attempt;
    unsigned long version = event->attempted.version;
    anonid_secret_t *secret =
        ended->rotated ? ended->rotated : event->attempted.secret;
    anonid_outcome_t skewed;

    logon->running = 0;
    logon->candidate.insisted = 0;
    if (ended->rotated)
        anonid_refresh_rotated(logon, step, event->attempted.secret,
                               ended->rotated);
    note_checked(&logon->candidate, version, ended);
    note_checked(&logon->proven, version, ended);
    if (ended->unchanged)
        return PROCEED;
    if (began_too_late(&ended->outcome, step, &skewed)) {
        anonid_verdict_failed(logon, step, version, &skewed);
        return PROCEED;
    }
    if (ended->outcome.code == ANONID_LOGON_OK) {
        anonid_verdict_succeeded(logon, step, version, secret, ended);
        return PROCEED;
    }
    if (!is_recorded(logon, event->attempted.recorded))
        anonid_verdict_record(logon, step, version, &ended->outcome);
    anonid_verdict_failed(logon, step, version, &ended->outcome);
    return PROCEED;
}

static follow_t on_refused(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event)
{
    /* An attempt of its own that runs will tell as much. */
    if (logon->running || event->refused.version != logon->proven.version)
        return NOTHING;
    if (!is_recorded(logon, event->refused.recorded))
        anonid_verdict_record(logon, step, event->refused.version,
                              event->refused.outcome);
    anonid_verdict_failed(logon, step, event->refused.version,
                          event->refused.outcome);
    return PROCEED;
}

static follow_t on_verifier_made(anonid_logon_t *logon, anonid_step_t *step,
                                 const anonid_logon_event_t *event)
{
    return anonid_rotation_made(logon, step, event) ? PROCEED : NOTHING;
}

static follow_t on_verifier_stored(anonid_logon_t *logon, anonid_step_t *step,
                                   const anonid_logon_event_t *event)
{
    return anonid_rotation_stored(logon, step, event) ? PROCEED : NOTHING;
}

static follow_t on_token_stored(anonid_logon_t *logon, anonid_step_t *step,
                                const anonid_logon_event_t *event)
{
    anonid_refresh_stored(logon, step, event);
    return PROCEED;
}

static follow_t on_new_supervisor(anonid_logon_t *logon, anonid_step_t *step,
                                  const anonid_logon_event_t *event)
{
    int has_unstored = logon->refresh.unstored != NULL;

    (void)event;
    anonid_refresh_store(logon, step);
    return anonid_rotation_again(logon) || has_unstored ? PROCEED : NOTHING;
}

static const handler_t handlers[] = {
    [ANONID_EVENT_CONFIGURED] = on_configured,
    [ANONID_EVENT_ENDED] = on_ended,
    [ANONID_EVENT_SECRET] = on_secret,
    [ANONID_EVENT_NO_SECRET] = on_no_secret,
    [ANONID_EVENT_SAME_SECRET] = on_same_secret,
    [ANONID_EVENT_FILE] = on_file,
    [ANONID_EVENT_ASKED] = on_asked,
    [ANONID_EVENT_ROTATE] = on_rotate,
    [ANONID_EVENT_TIME] = on_time,
    [ANONID_EVENT_HELPER_CHANGED] = on_helper_changed,
    [ANONID_EVENT_ATTEMPTED] = on_attempted,
    [ANONID_EVENT_REFUSED] = on_refused,
    [ANONID_EVENT_TOKEN_REFUSED] = on_token_refused,
    [ANONID_EVENT_VERIFIER_MADE] = on_verifier_made,
    [ANONID_EVENT_VERIFIER_STORED] = on_verifier_stored,
    [ANONID_EVENT_TOKEN_STORED] = on_token_stored,
    [ANONID_EVENT_NEW_SUPERVISOR] = on_new_supervisor,
};

/* Nothing is started any more. */
static void step_after_end(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event)
{
    if (event->kind == ANONID_EVENT_ASKED
        || event->kind == ANONID_EVENT_ROTATE)
        anonid_waiter_add(logon, event->asked.waiter);
    anonid_account_answer_ended(logon, step);
}

void anonid_logon_step(anonid_logon_t *logon,
                       const anonid_logon_event_t *event, anonid_step_t *step)
{
    if (logon->gone)
        step_after_end(logon, step, event);
    else if (handlers[event->kind](logon, step, event) == PROCEED)
        proceed(logon, step);
}
