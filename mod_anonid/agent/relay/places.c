/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of applications; see places.h.
 */
#include "agent/relay/places.h"
#include "agent/base/log.h"
#include "agent/limit/limits.h"

#include "common/lognos.h"
#include "common/monotonic.h"

#include <stdio.h>

static anonid_limit_claim_t claim_of(const anonid_relay_origin_t *origin,
                                     char client[ANONID_LIMIT_CLIENT_MAX],
                                     anonid_limit_kind_t kind, unsigned n)
{
    anonid_limit_claim_t claim = { .service = origin->service,
                                   .client = client };

    snprintf(client, ANONID_LIMIT_CLIENT_MAX, "uid %ld",
             (long)origin->caller.uid);
    claim.amounts[kind] = n;
    return claim;
}

int anonid_relay_place_take(const anonid_relay_origin_t *origin,
                            anonid_limit_kind_t kind)
{
    char client[ANONID_LIMIT_CLIENT_MAX];
    const anonid_limit_claim_t claim = claim_of(origin, client, kind, 1);
    anonid_limit_verdict_t verdict;

    anonid_limits_take(&claim, anonid_monotonic_now(), &verdict);
    if (!verdict.limit)
        return 0;
    anonid_log(ANONID_LOG_INFO,
               "%slistener %s: %s, account '%s', mail service '%s': over the "
               "limit %s, for %d s more",
               ANONID_LOGNO(0251), origin->listener->url, client,
               origin->account->name, origin->service->name,
               verdict.limit->text, verdict.retry_after);
    return verdict.retry_after;
}

void anonid_relay_places_give_back(const anonid_relay_origin_t *origin,
                                   anonid_limit_kind_t kind, unsigned n)
{
    char client[ANONID_LIMIT_CLIENT_MAX];
    const anonid_limit_claim_t claim = claim_of(origin, client, kind, n);

    if (n > 0)
        anonid_limits_give_back(&claim);
}
