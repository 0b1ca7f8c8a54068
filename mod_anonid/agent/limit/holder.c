/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places, here and in the shared store; see holder.h.
 */
#include "agent/limit/holder.h"
#include "agent/limit/refusals.h"
#include "agent/limit/shared.h"
#include "common/monotonic.h"

#include <stdlib.h>
#include <string.h>

/* What the store is being asked. */
struct anonid_limit_question_t {
    anonid_limit_holder_t *holder;
    anonid_limit_claim_t claim;
    anonid_limit_answered_t answered;
    void *context;
    anonid_store_request_t *request;
};

static const anonid_limit_verdict_t granted = { NULL, 0 };

static anonid_limit_claim_t claim_of(const anonid_limit_holder_t *holder)
{
    return (anonid_limit_claim_t){ .service = holder->service,
                                   .client = holder->client };
}

static void add(anonid_limit_holder_t *holder,
                const anonid_limit_claim_t *claim, int is_shared)
{
    for (int i = 0; i < ANONID_LIMIT_KINDS; i++) {
        holder->taken[i] += claim->amounts[i];
        if (is_shared)
            holder->shared[i] += claim->amounts[i];
    }
}

static void on_result(void *context, const redisReply *reply)
{
    anonid_limit_question_t *question = context;
    anonid_limit_holder_t *holder = question->holder;
    anonid_limit_verdict_t verdict = granted;
    anonid_shared_answer_t answer =
        anonid_shared_read(&question->claim, reply, &verdict);

    if (answer == ANONID_SHARED_REFUSED) {
        anonid_limits_undo(&question->claim);
        anonid_limit_refused(question->claim.service, verdict.limit,
                             anonid_monotonic_now());
    }
    else {
        add(holder, &question->claim, answer == ANONID_SHARED_TAKEN);
    }
    question->answered(question->context, &verdict);
    free(question);
}

/* NULL: nobody has to be asked. */
static anonid_limit_question_t *ask_store(anonid_limit_holder_t *holder,
                                          const anonid_limit_claim_t *claim)
{
    anonid_limit_question_t *question;

    if (!anonid_store_is_up())
        return NULL;
    question = calloc(1, sizeof(*question));
    if (!question)
        return NULL;
    question->holder = holder;
    question->claim = *claim;
    question->request =
        anonid_shared_take(&question->claim, on_result, question);
    if (question->request)
        return question;
    free(question);
    return NULL;
}

anonid_limit_question_t *
anonid_limit_ask(anonid_limit_holder_t *holder,
                 const unsigned amounts[ANONID_LIMIT_KINDS],
                 anonid_limit_answered_t answered, void *context)
{
    anonid_limit_claim_t claim = claim_of(holder);
    anonid_limit_question_t *question = NULL;
    anonid_limit_verdict_t verdict;

    memcpy(claim.amounts, amounts, sizeof(claim.amounts));
    anonid_limits_take(&claim, anonid_monotonic_now(), &verdict);
    if (!verdict.limit)
        question = ask_store(holder, &claim);
    if (question) {
        question->answered = answered;
        question->context = context;
        return question;
    }
    if (!verdict.limit)
        add(holder, &claim, 0);
    answered(context, &verdict);
    return NULL;
}

/* Nobody hears whether the store has taken the places, so there they stay: to
 * give back what was refused would make credit of it. */
void anonid_limit_cancel(anonid_limit_question_t *question)
{
    if (!question)
        return;
    anonid_store_cancel(question->request);
    anonid_limits_undo(&question->claim);
    free(question);
}

void anonid_limit_give_back(anonid_limit_holder_t *holder,
                            anonid_limit_kind_t kind, unsigned n)
{
    anonid_limit_claim_t claim = claim_of(holder);
    unsigned shared = n < holder->shared[kind] ? n : holder->shared[kind];

    if (n == 0)
        return;
    claim.amounts[kind] = n;
    anonid_limits_give_back(&claim);
    holder->taken[kind] -= n;
    holder->shared[kind] -= shared;
    claim.amounts[kind] = shared;
    if (shared > 0)
        anonid_shared_give_back(&claim);
}

void anonid_limit_keep(anonid_limit_holder_t *holder, anonid_limit_kind_t kind,
                       unsigned n)
{
    holder->taken[kind] -= n;
    holder->shared[kind] -=
        n < holder->shared[kind] ? n : holder->shared[kind];
}

void anonid_limit_leave(anonid_limit_holder_t *holder)
{
    for (int kind = 0; kind < ANONID_LIMIT_KINDS; kind++)
        anonid_limit_give_back(holder, (anonid_limit_kind_t)kind,
                               holder->taken[kind]);
}
