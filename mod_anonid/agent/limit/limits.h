/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of mail services (AnonIDMailLimit) at work: who asks takes a
 * place in each of them, or in none.
 *
 * A place of a "total" limit is given back when what it was taken for did not
 * come about; one of a "per-client" limit is not, or else each message that is
 * refused would be a free probe. Times are of the monotonic clock, and lie in
 * memory that outlives the agent. Event loop only.
 */
#ifndef ANONID_AGENT_LIMIT_LIMITS_H
#define ANONID_AGENT_LIMIT_LIMITS_H

#include "agent/limit/client.h"
#include "common/service.h"

/* What somebody wants to do, and so how much he takes of each kind. */
typedef struct {
    const anonid_service_t *service;
    const char *client; /* an address, or "uid 33"; NULL: not said */
    unsigned amounts[ANONID_LIMIT_KINDS];
} anonid_limit_claim_t;

typedef struct {
    const anonid_limit_t *limit; /* that has to be awaited longest, of the
                                    service; NULL: all places were taken */
    int retry_after;             /* seconds until then, rounded up, 1 up; 0:
                                    it is more than the burst, and never
                                    will */
} anonid_limit_verdict_t;

/* Has the limits in that memory from now on (ANONID_STATUS_ROOM octets,
 * aligned for 8): what an earlier agent left in it goes on, zeroes are a
 * beginning. APR_ENOMEM: as before. Until then they are in memory of the
 * process. */
apr_status_t anonid_limits_keep_in(void *room, apr_time_t now);

/* Takes places, or says why not: a refusal by a "total" limit is also logged
 * as a warning, once an hour at most. */
void anonid_limits_take(const anonid_limit_claim_t *claim, apr_time_t now,
                        anonid_limit_verdict_t *verdict);

/* Gives so many places of "total" limits back; or of all, as if they had never
 * been taken. */
void anonid_limits_give_back(const anonid_limit_claim_t *claim);
void anonid_limits_undo(const anonid_limit_claim_t *claim);

/* What a claim's places in that limit are counted under, in octets that no
 * other limit, service or client has: their number. */
#define ANONID_LIMIT_NAME_MAX 512
size_t anonid_limits_name(unsigned char name[ANONID_LIMIT_NAME_MAX],
                          const anonid_limit_claim_t *claim,
                          const anonid_limit_t *limit);

/* A wait as seconds of a Retry-After; 0 for never. */
int anonid_limits_seconds(apr_interval_time_t wait);

#endif
