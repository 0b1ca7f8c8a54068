/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the logon machine has done on the thread pool. Each job ends in an
 * event of its logon, on the main thread, also when it could not be started.
 */
#ifndef ANONID_AGENT_LOGON_JOBS_H
#define ANONID_AGENT_LOGON_JOBS_H

#include "agent/logon/logon.h"

/* attempt.c: one logon attempt with that secret; ends in ATTEMPTED. */
void anonid_attempt_start(anonid_logon_t *logon,
                          const anonid_versioned_t *with);

/* new_password.c: a random password and its verifier in the account's scheme;
 * ends in VERIFIER_MADE with that number. */
void anonid_new_password_start(anonid_logon_t *logon, uint32_t number);

/* What an attempt has of another account while it runs. */
typedef struct {
    anonid_logon_t *lender; /* held; NULL: nothing was lent */
    anonid_proof_t proof;
    anonid_config_t *config;         /* held, if something was lent */
    const anonid_account_t *account; /* the lender's, in config */
    char source[ANONID_VERSION_MAX]; /* version of the proof's source; "": its
                                        failure would not be recorded */
    int recorded;                    /* it is, under that version */
} anonid_loan_t;

/* loan.c: fills in what the lender (NULL: there is none) has proven. */
void anonid_loan_take(anonid_loan_t *loan, anonid_logon_t *lender,
                      anonid_helper_t *helper);

/* loan.c: records that what was lent was refused, if that counts. On the
 * attempt's thread. */
void anonid_loan_record(anonid_loan_t *loan, const anonid_helper_t *helper);

/* loan.c: the end of a loan. The lender is told, by REFUSED, when what it lent
 * was refused. */
void anonid_loan_give_back(anonid_loan_t *loan, const anonid_helper_t *helper);

#endif
