/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the logon machine ask of each other: logon.c (decisions),
 * events.c and reconfigure.c (what happens), proven.c (what is proven),
 * recall.c (what has failed before), waiters.c (who waits), attempt.c (one
 * attempt on the pool), helper.c (accounts that need another one), streak.c
 * (warnings) and sync.c (passwords of our own). Nobody else includes this.
 */
#ifndef ANONID_AGENT_LOGON_STEPS_H
#define ANONID_AGENT_LOGON_STEPS_H

#include "agent/logon/logon.h"

/* logon.c: the world. */
const anonid_logon_world_t *anonid_logon_world(void);

/* logon.c: a version that was never used before. */
unsigned long anonid_logon_new_version(void);

/* logon.c: does what is due; the end of every event. */
void anonid_logon_proceed(anonid_logon_t *logon);

/* logon.c: says how things stand: to the workers, in a warning if one is due,
 * and to accounts that need this one. */
void anonid_logon_settle(anonid_logon_t *logon);

/* logon.c: the newest secret, or the lack of one, ended in this outcome. */
void anonid_logon_fail(anonid_logon_t *logon, const anonid_outcome_t *outcome);

/* logon.c: 1 if nothing can be tried before an account file has come. */
int anonid_logon_wants_file(const anonid_logon_t *logon);

/* events.c: makes a secret the candidate; an attempt is due. */
void anonid_logon_adopt(anonid_logon_t *logon, anonid_secret_t *secret);

/* events.c: what is known may no longer be so: attempts with the newest
 * and with the proven secret are due. */
void anonid_logon_doubt(anonid_logon_t *logon);

/* proven.c: drops a secret. */
void anonid_versioned_forget(anonid_versioned_t *what);

/* proven.c: the attempt was good: its secret is what mail uses from now on. */
void anonid_logon_prove(anonid_logon_t *logon, unsigned long version,
                        anonid_secret_t *secret,
                        const anonid_attempt_t *attempt);

/* proven.c: the logon has ended. */
void anonid_logon_unprove(anonid_logon_t *logon);

/* recall.c: records that the newest secret has failed, if it is for good and
 * the account's own doing. */
void anonid_logon_remember(anonid_logon_t *logon,
                           const anonid_outcome_t *outcome);

/* recall.c: takes an earlier agent's failure for the newest secret's, if it is
 * of the same version: then no attempt is due. */
void anonid_logon_recall(anonid_logon_t *logon);

/* recall.c: the newest secret is good. */
void anonid_logon_forget(anonid_logon_t *logon);

/* waiters.c: adds one (NULL: nobody), tells all who wait, and tells them when
 * all that was under way has ended. */
void anonid_logon_add_waiter(anonid_logon_t *logon, anonid_waiter_t *waiter);
void anonid_logon_answer(anonid_logon_t *logon,
                         const anonid_outcome_t *outcome);
void anonid_logon_answer_idle(anonid_logon_t *logon);

/* attempt.c: starts an attempt with that secret. Its end is told to
 * anonid_logon_attempted. */
void anonid_attempt_start(anonid_logon_t *logon, anonid_versioned_t *what);

/* logon.c: the end of an attempt with that version. */
void anonid_logon_attempted(anonid_logon_t *logon, unsigned long version,
                            anonid_secret_t *secret,
                            const anonid_attempt_t *attempt);

/* logon.c: another account's logon saw this version of the proven secret
 * refused. */
void anonid_logon_refused(anonid_logon_t *logon, unsigned long version,
                          const anonid_outcome_t *outcome);

/* What an attempt has of another account while it runs. */
typedef struct {
    anonid_logon_t *lender; /* held; NULL: nothing was lent */
    anonid_proof_t proof;
} anonid_loan_t;

/* helper.c: 1 if the account needs another one, of which it is not known yet
 * whether it is logged on. */
int anonid_helper_pending(const anonid_logon_t *logon);

/* helper.c: fills in the helper that the account needs, if it needs one. */
void anonid_helper_lend(const anonid_logon_t *logon, anonid_loan_t *loan,
                        anonid_helper_t *helper);

/* helper.c: the end of a loan. The lender is told when it was refused. */
void anonid_helper_give_back(anonid_loan_t *loan,
                             const anonid_helper_t *helper);

/* streak.c: counts a failure, and forgets all on success (and says so if the
 * failures were warned of). */
void anonid_streak_failed(anonid_logon_t *logon);
void anonid_streak_ended(anonid_logon_t *logon);

/* streak.c: warns if a warning is due: the first of a streak, a change, or
 * an hour after the last. kept is an anonid_kept_t. */
void anonid_streak_report(anonid_logon_t *logon, int kept);

/* streak.c: when the next repetition is due; 0: never. */
apr_time_t anonid_streak_next(const anonid_logon_t *logon);

#endif
