/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts that need another account to log on: in a directory, one that may
 * search. Owns who waits for whom, and lending a proof to an attempt.
 */
#include "agent/provider/option.h"
#include "agent/logon/steps.h"

#include <string.h>

static anonid_logon_t *find(const char *name)
{
    return anonid_logon_world()->find(name);
}

int anonid_helper_pending(const anonid_logon_t *logon)
{
    const char *name = anonid_account_helper(logon->account);
    const anonid_logon_t *other = name ? find(name) : NULL;

    return other && anonid_logon_state(other) == ANONID_STATE_PENDING;
}

void anonid_helper_lend(const anonid_logon_t *logon, anonid_loan_t *loan,
                        anonid_helper_t *helper)
{
    helper->account = anonid_account_helper(logon->account);
    loan->lender = helper->account ? find(helper->account) : NULL;
    if (!loan->lender)
        return;
    anonid_logon_hold(loan->lender);
    if (!anonid_logon_proof(loan->lender, &loan->proof))
        return;
    helper->secret = loan->proof.secret;
    helper->credentials = loan->proof.credentials;
}

void anonid_helper_give_back(anonid_loan_t *loan,
                             const anonid_helper_t *helper)
{
    if (!loan->lender)
        return;
    if (helper->outcome.code != ANONID_LOGON_OK)
        anonid_logon_refused(loan->lender, loan->proof.version,
                             &helper->outcome);
    anonid_proof_release(&loan->proof);
    anonid_logon_drop(loan->lender);
    memset(loan, 0, sizeof(*loan));
}

void anonid_logon_helper_changed(anonid_logon_t *logon, const char *name)
{
    const char *needed =
        logon->account ? anonid_account_helper(logon->account) : NULL;

    if (logon->gone || !needed || strcmp(needed, name) != 0)
        return;
    /* What failed for want of the other account need not wait. */
    if (logon->outcome.code == ANONID_ACCESS_DENIED)
        logon->next_attempt = 0;
    anonid_logon_world()->wake(logon, anonid_logon_world()->now());
}
