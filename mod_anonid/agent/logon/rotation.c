/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Password synchronisation: the server makes the password of a local account
 * itself and has the supervisor store its verifier in the account file.
 *
 *   begin -> MAKING -> (VERIFIER_MADE) STORING -> (VERIFIER_STORED) READING
 *         -> (FILE) the password becomes the candidate: logon
 *
 * A password that could not be stored is dropped, and the old one stays in
 * use. Accounts are never invented: one without a line in the file fails.
 */
#include "agent/logon/machine.h"
#include "agent/secret/verifier.h"

#include <errno.h>
#include <string.h>

#define ANSWER_TIMEOUT apr_time_from_sec(30)

/* How long a change may take to be seen by those who read the file. */
#define SETTLES apr_time_from_sec(10)

/* Ends what is under way; a rotation that is still wanted stays so. */
static void reset(anonid_logon_t *logon)
{
    anonid_secret_drop(logon->sync.secret);
    logon->sync.secret = NULL;
    logon->sync.stage = ANONID_SYNC_IDLE;
    logon->sync.deadline = 0;
}

void anonid_rotation_stop(anonid_logon_t *logon)
{
    reset(logon);
    logon->sync.wanted = 0;
}

/* Where there is an older password it stays in use; where there is none the
 * account could not be logged on. */
static void fail(anonid_logon_t *logon, anonid_step_t *step,
                 const anonid_outcome_t *outcome)
{
    reset(logon);
    if (!logon->candidate.version) {
        logon->candidate.due = 0;
        anonid_verdict_note(logon, step, outcome);
        return;
    }
    anonid_effect_add(step, ANONID_EFFECT_NOT_ROTATED)->why = *outcome;
    anonid_waiters_answer(logon, step, outcome);
    anonid_logon_doubt(logon);
}

static void fail_for(anonid_logon_t *logon, anonid_step_t *step,
                     const char *why)
{
    anonid_outcome_t outcome;

    anonid_outcome_set(&outcome, ANONID_ACCESS_DENIED, "%s", why);
    fail(logon, step, &outcome);
}

int anonid_rotation_begin(anonid_logon_t *logon, anonid_step_t *step)
{
    logon->sync.wanted = 0;
    if (!logon->file->table) {
        fail(logon, step, &logon->file->outcome);
        return 0;
    }
    logon->sync.stage = ANONID_SYNC_MAKING;
    logon->sync.number = (uint32_t)++step->last_version;
    anonid_effect_add(step, ANONID_EFFECT_MAKE_VERIFIER)->number =
        logon->sync.number;
    return 1;
}

static void await_answer(anonid_logon_t *logon, const anonid_step_t *step)
{
    logon->sync.deadline = step->now + ANSWER_TIMEOUT;
    logon->sync.answers = step->answers;
}

int anonid_rotation_made(anonid_logon_t *logon, anonid_step_t *step,
                         const anonid_logon_event_t *event)
{
    anonid_effect_t *effect;

    if (logon->sync.stage != ANONID_SYNC_MAKING
        || logon->sync.number != event->made.number)
        return 0;
    if (event->made.error) {
        fail_for(logon, step, event->made.error);
        return 1;
    }
    logon->sync.stage = ANONID_SYNC_STORING;
    logon->sync.secret = anonid_secret_hold(event->made.secret);
    logon->sync.changed = step->now;
    anonid_verifier_digest(logon->sync.made, event->made.verifier);
    await_answer(logon, step);
    effect = anonid_effect_add(step, ANONID_EFFECT_STORE);
    effect->store.number = logon->sync.number;
    effect->store.verifier = event->made.verifier;
    return 1;
}

/* What the supervisor's error means to the account. */
static void explain(anonid_outcome_t *outcome, const anonid_account_t *account,
                    int error, const char *text)
{
    if (error == ENOENT && text)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE, "%s", text);
    else if (error == ENOENT)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has no line of '%s': restore it", account->path,
                           account->user);
    else if (error == EEXIST)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has more than one line of '%s'", account->path,
                           account->user);
    else
        anonid_outcome_set(outcome, ANONID_ACCESS_DENIED, "%s",
                           text ? text : strerror(error));
}

/* The file has the verifier of a password that was given up: no other one fits
 * until a new one is stored, as one will be that is made or stored now. */
static int replace_lost(anonid_logon_t *logon)
{
    if (logon->sync.stage != ANONID_SYNC_IDLE || !logon->account
        || !logon->account->sync)
        return 0;
    logon->sync.wanted = 1;
    return 1;
}

/* An answer that comes late must not pass for that to a later request. */
static int is_awaited(const anonid_logon_t *logon, uint32_t number)
{
    return logon->sync.stage == ANONID_SYNC_STORING
           && logon->sync.number == number;
}

int anonid_rotation_stored(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event)
{
    const int error = event->stored.error;
    anonid_outcome_t outcome;

    if (!is_awaited(logon, event->stored.number))
        return error == 0 && replace_lost(logon);
    if (error == 0) {
        logon->sync.stage = ANONID_SYNC_READING;
        return 1;
    }
    explain(&outcome, logon->account, error, event->stored.text);
    fail(logon, step, &outcome);
    return 1;
}

int anonid_rotation_file_came(anonid_logon_t *logon, anonid_step_t *step)
{
    if (logon->sync.stage != ANONID_SYNC_READING)
        return 0;
    logon->sync.changed = step->now;
    anonid_logon_adopt(logon, step, logon->sync.secret);
    memcpy(logon->candidate.made, logon->sync.made, sizeof(logon->sync.made));
    reset(logon);
    return 1;
}

int anonid_rotation_unsettled(const anonid_logon_t *logon)
{
    return logon->sync.stage == ANONID_SYNC_STORING
           || logon->sync.stage == ANONID_SYNC_READING;
}

int anonid_logon_is_settling(const anonid_logon_t *logon, apr_time_t now)
{
    apr_time_t since = now - logon->sync.changed;

    return anonid_rotation_unsettled(logon)
           || (logon->sync.changed && since >= 0 && since < SETTLES);
}

void anonid_rotation_overdue(anonid_logon_t *logon, anonid_step_t *step)
{
    if (logon->sync.answers != step->answers) {
        await_answer(logon, step);
        return;
    }
    logon->sync.wanted |= logon->sync.stage == ANONID_SYNC_READING;
    fail_for(logon, step,
             "the new password's verifier was not stored in time");
}

int anonid_rotation_again(anonid_logon_t *logon)
{
    if (logon->sync.stage != ANONID_SYNC_STORING)
        return 0;
    reset(logon);
    logon->sync.wanted = 1;
    return 1;
}
