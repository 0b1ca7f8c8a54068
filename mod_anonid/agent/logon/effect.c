/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effects of one step, in the order of their kinds, and those who wait for
 * what an account's logon comes to.
 */
#include "agent/logon/machine.h"

#include <stdlib.h>
#include <string.h>

anonid_effect_t *anonid_effect_add(anonid_step_t *step,
                                   anonid_effect_kind_t kind)
{
    anonid_effect_t *effects = step->effects;
    int at = step->n_effects;

    if (at == ANONID_EFFECTS_MAX)
        abort();
    while (at > 0 && effects[at - 1].kind > kind)
        at--;
    memmove(effects + at + 1, effects + at,
            sizeof(effects[0]) * (size_t)(step->n_effects - at));
    step->n_effects++;
    memset(&effects[at], 0, sizeof(effects[at]));
    effects[at].kind = kind;
    return &effects[at];
}

void anonid_waiter_add(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    if (!waiter)
        return;
    waiter->next = logon->waiters;
    logon->waiters = waiter;
}

void anonid_waiters_answer(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_outcome_t *outcome)
{
    anonid_effect_t *effect;

    if (!logon->waiters)
        return;
    effect = anonid_effect_add(step, ANONID_EFFECT_ANSWER);
    effect->answer.waiters = logon->waiters;
    effect->answer.outcome = *outcome;
    logon->waiters = NULL;
}

void anonid_waiters_tell(anonid_waiter_t *waiters,
                         const anonid_outcome_t *outcome)
{
    while (waiters) {
        anonid_waiter_t *next = waiters->next;

        waiters->done(waiters, outcome);
        waiters = next;
    }
}

void anonid_logon_forget_waiter(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    anonid_waiter_t **link = &logon->waiters;

    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
}
