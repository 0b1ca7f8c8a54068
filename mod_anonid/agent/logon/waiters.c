/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who wait for what an account's logon comes to; see anonid_waiter_t.
 */
#include "agent/logon/steps.h"

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

void anonid_logon_add_waiter(anonid_logon_t *logon, anonid_waiter_t *waiter)
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
void anonid_logon_answer_idle(anonid_logon_t *logon)
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
