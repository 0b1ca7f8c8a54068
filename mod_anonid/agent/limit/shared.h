/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits over several machines: the same algorithm (gcra.h), run by the shared
 * store, on the store's clock, in one script for all limits of a service. What
 * is stored is a time for each key, which is gone when it is over; a key is a
 * keyed hash, so that no address of a visitor is in the store.
 */
#ifndef ANONID_AGENT_LIMIT_SHARED_H
#define ANONID_AGENT_LIMIT_SHARED_H

#include "agent/limit/limits.h"
#include "agent/store/store.h"

/* What the store says to a claim. */
typedef enum {
    ANONID_SHARED_TAKEN,
    ANONID_SHARED_REFUSED, /* by the verdict's limit */
    ANONID_SHARED_FAILED   /* the store has */
} anonid_shared_answer_t;

/* Reads the result of a script that took a claim's places. */
anonid_shared_answer_t anonid_shared_read(const anonid_limit_claim_t *claim,
                                          const redisReply *reply,
                                          anonid_limit_verdict_t *verdict);

/* Takes a claim's places in the store; done gets the result. NULL: there is no
 * store, or no limit. */
anonid_store_request_t *anonid_shared_take(const anonid_limit_claim_t *claim,
                                           anonid_store_result_t done,
                                           void *context);

/* Gives places back, of "total" limits. Nothing is awaited. */
void anonid_shared_give_back(const anonid_limit_claim_t *claim);

#endif
