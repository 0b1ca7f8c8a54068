/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one account's proof does for another account's logon: in a directory,
 * one searches for the other. Owns the loan, not who needs whom.
 */
#include "agent/logon/config.h"
#include "agent/logon/events.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/jobs.h"

#include <apr_strings.h>
#include <string.h>

void anonid_loan_take(anonid_loan_t *loan, anonid_logon_t *lender,
                      anonid_helper_t *helper)
{
    loan->lender = lender;
    if (!lender)
        return;
    anonid_logon_hold(lender);
    if (!anonid_logon_proof(lender, &loan->proof))
        return;
    loan->config = anonid_config_hold(lender->config);
    loan->account = lender->account;
    if (loan->proof.version == lender->candidate.version)
        apr_cpystrn(loan->source, lender->source.adopted,
                    sizeof(loan->source));
    helper->secret = loan->proof.secret;
    helper->credentials = loan->proof.credentials;
}

void anonid_loan_record(anonid_loan_t *loan, const anonid_helper_t *helper)
{
    if (!loan->account || helper->outcome.code == ANONID_LOGON_OK
        || !anonid_failed_counts(loan->account, loan->source,
                                 &helper->outcome))
        return;
    anonid_failed_store_write(loan->account, loan->source, &helper->outcome);
    loan->recorded = 1;
}

void anonid_loan_give_back(anonid_loan_t *loan, const anonid_helper_t *helper)
{
    const anonid_logon_event_t refused = {
        .kind = ANONID_EVENT_REFUSED,
        .refused = { loan->proof.version, &helper->outcome,
                     loan->recorded ? loan->source : NULL },
    };

    if (!loan->lender)
        return;
    if (helper->outcome.code != ANONID_LOGON_OK)
        anonid_logon_handle(loan->lender, &refused);
    anonid_proof_release(&loan->proof);
    anonid_config_drop(loan->config);
    anonid_logon_drop(loan->lender);
    memset(loan, 0, sizeof(*loan));
}
