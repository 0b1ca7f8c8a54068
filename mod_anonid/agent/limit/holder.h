/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds places in the limits of a mail service: asks for more of them,
 * and gives back those that were not used.
 *
 * The limits here come first, and always hold (limits.h). Where machines share
 * a store, it is asked after them, and can only refuse more: if it is not
 * there, or fails, the limits here are all there is. Event loop only.
 */
#ifndef ANONID_AGENT_LIMIT_HOLDER_H
#define ANONID_AGENT_LIMIT_HOLDER_H

#include "agent/limit/limits.h"

/* Zeroed, but for service and client, at first. */
typedef struct {
    const anonid_service_t *service;
    const char *client; /* as in a claim */
    unsigned taken[ANONID_LIMIT_KINDS];
    unsigned shared[ANONID_LIMIT_KINDS]; /* of them, in the store, too */
} anonid_limit_holder_t;

typedef struct anonid_limit_question_t anonid_limit_question_t;

/* The places are the holder's now (verdict->limit NULL), or none is. */
typedef void (*anonid_limit_answered_t)(void *context,
                                        const anonid_limit_verdict_t *verdict);

/* Asks for so many places. The holder has to stay until the answer. NULL: the
 * answer was given already, from inside this call. */
anonid_limit_question_t *
anonid_limit_ask(anonid_limit_holder_t *holder,
                 const unsigned amounts[ANONID_LIMIT_KINDS],
                 anonid_limit_answered_t answered, void *context);

/* The asker is gone: nothing is answered, and he has no places here. NULL is
 * fine. */
void anonid_limit_cancel(anonid_limit_question_t *question);

/* n of the places of that kind are not used after all, or were: then they stay
 * taken, and are no longer the holder's. */
void anonid_limit_give_back(anonid_limit_holder_t *holder,
                            anonid_limit_kind_t kind, unsigned n);
void anonid_limit_keep(anonid_limit_holder_t *holder, anonid_limit_kind_t kind,
                       unsigned n);

/* Gives back what is left. */
void anonid_limit_leave(anonid_limit_holder_t *holder);

#endif
