/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the step ask of each other. Nobody else includes this.
 * Arrows go one way, down this list:
 *
 *   step.c       which event leads where, and what is started next
 *   configure.c  the account's coming, changing and going
 *   rotation.c   passwords of our own
 *   refresh.c    refresh tokens that were replaced
 *   verdict.c    what the end of an attempt means
 *   proven.c     what mail may use, and until when
 *   streak.c     failures in a row, and warnings of them
 *   expiry.c     secrets that come to their end, and warnings of that
 *   effect.c     the list of effects, and who waits
 */
#ifndef ANONID_AGENT_LOGON_MACHINE_H
#define ANONID_AGENT_LOGON_MACHINE_H

#include "agent/logon/step.h"

/* ---- the two clocks ---- */

/* A date's moment, and a moment's date, by the clocks of this step; 0 stays
 * 0. */
static inline apr_time_t anonid_step_moment(const anonid_step_t *step,
                                            apr_time_t date)
{
    return date ? step->now + (date - step->date) : 0;
}

static inline apr_time_t anonid_step_date(const anonid_step_t *step,
                                          apr_time_t moment)
{
    return moment ? step->date + (moment - step->now) : 0;
}

/* ---- effect.c ---- */

/* Adds an effect, to be filled in at once: the next one may move it. */
anonid_effect_t *anonid_effect_add(anonid_step_t *step,
                                   anonid_effect_kind_t kind);

/* Adds who waits (NULL: nobody), and has all who do so told. */
void anonid_waiter_add(anonid_logon_t *logon, anonid_waiter_t *waiter);
void anonid_waiters_answer(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_outcome_t *outcome);

/* ---- streak.c ---- */

/* Counts a failure, and forgets all on success (and says so if there were
 * any). */
void anonid_streak_failed(anonid_logon_t *logon, const anonid_step_t *step);
void anonid_streak_ended(anonid_logon_t *logon, anonid_step_t *step);

/* Warns if a warning is due: the first of a streak, a change, or an hour after
 * the last. kept is an anonid_kept_t. */
void anonid_streak_report(anonid_logon_t *logon, anonid_step_t *step,
                          int kept);

/* When the next repetition is due, monotonic; 0: never. */
apr_time_t anonid_streak_next(const anonid_logon_t *logon);

/* ---- expiry.c ---- */

/* Warns if a warning of the proven secret's end is due. */
void anonid_expiry_report(anonid_logon_t *logon, anonid_step_t *step);

/* When the next one is due; 0: never. */
apr_time_t anonid_expiry_next(const anonid_logon_t *logon,
                              const anonid_step_t *step);

/* ---- proven.c ---- */

/* Makes a secret the candidate; an attempt is due. */
void anonid_logon_adopt(anonid_logon_t *logon, anonid_step_t *step,
                        anonid_secret_t *secret);

/* What is known may no longer be so: attempts with the newest and with the
 * proven secret are due. */
void anonid_logon_doubt(anonid_logon_t *logon);

/* Drops a secret. */
void anonid_versioned_forget(anonid_versioned_t *what);

/* The attempt was good: its secret is what mail uses from now on. */
void anonid_logon_prove(anonid_logon_t *logon, anonid_step_t *step,
                        unsigned long version, anonid_secret_t *secret,
                        const anonid_attempt_t *attempt);

/* When it ends, as a date; 0: never. */
apr_time_t anonid_logon_end_date(const anonid_logon_t *logon,
                                 const anonid_step_t *step);

/* The logon has ended. */
void anonid_logon_unprove(anonid_logon_t *logon, anonid_step_t *step);

/* ---- verdict.c ---- */

/* The end of an attempt with that version, good or bad. */
void anonid_verdict_succeeded(anonid_logon_t *logon, anonid_step_t *step,
                              unsigned long version, anonid_secret_t *secret,
                              const anonid_attempt_t *attempt);
void anonid_verdict_failed(anonid_logon_t *logon, anonid_step_t *step,
                           unsigned long version,
                           const anonid_outcome_t *outcome);

/* A failure with that version is recorded if it is the newest secret's and
 * counts. */
void anonid_verdict_record(const anonid_logon_t *logon, anonid_step_t *step,
                           unsigned long version,
                           const anonid_outcome_t *outcome);

/* The newest secret, or the lack of one, has come to this. */
void anonid_verdict_note(anonid_logon_t *logon, const anonid_step_t *step,
                         const anonid_outcome_t *outcome);

/* Takes an earlier agent's failure (NULL: there is none) for the newest
 * secret's: then no attempt is due. */
void anonid_verdict_recall(anonid_logon_t *logon, const anonid_step_t *step,
                           const anonid_failed_t *failed);

/* ---- rotation.c: see there ---- */

/* A new password: 1, or 0 if that has failed at once. */
int anonid_rotation_begin(anonid_logon_t *logon, anonid_step_t *step);

/* The verifier is made, and the supervisor has stored it, or not. 0 if that is
 * of a rotation that has been given up. */
int anonid_rotation_made(anonid_logon_t *logon, anonid_step_t *step,
                         const anonid_logon_event_t *event);
int anonid_rotation_stored(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event);

/* 1 if the file's arrival was awaited: the password is the candidate now. */
int anonid_rotation_file_came(anonid_logon_t *logon, anonid_step_t *step);

/* 1 while the file may hold the new verifier or the old one: nothing may be
 * checked against it. */
int anonid_rotation_unsettled(const anonid_logon_t *logon);

/* The supervisor did not answer until the deadline. While it answers for
 * others it gets another one. */
void anonid_rotation_overdue(anonid_logon_t *logon, anonid_step_t *step);

/* There is a new supervisor: begins anew, and returns 1, if the old one was
 * asked. */
int anonid_rotation_again(anonid_logon_t *logon);

/* Gives up, without a word. */
void anonid_rotation_stop(anonid_logon_t *logon);

/* ---- refresh.c: see there ---- */

/* The token endpoint has given another refresh token for an old one: takes its
 * place wherever that is in use, and has it stored. */
void anonid_refresh_rotated(anonid_logon_t *logon, anonid_step_t *step,
                            const anonid_secret_t *old, anonid_secret_t *new);

/* The supervisor has stored it, or not. */
void anonid_refresh_stored(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event);

/* The file was looked at, and holds nothing new. */
void anonid_refresh_looked(anonid_logon_t *logon, anonid_step_t *step);

/* Asks for that again; nothing if nothing is unstored. */
void anonid_refresh_store(anonid_logon_t *logon, anonid_step_t *step);

/* Forgets all, since the source is another one. */
void anonid_refresh_forget(anonid_logon_t *logon);

/* ---- configure.c ---- */

void anonid_account_configured(anonid_logon_t *logon, anonid_step_t *step,
                               const anonid_logon_event_t *event);
void anonid_account_ended(anonid_logon_t *logon, anonid_step_t *step);

/* Tells who waits for an account that has ended. */
void anonid_account_answer_ended(anonid_logon_t *logon, anonid_step_t *step);

#endif
