/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of applications; see places.h.
 */
#include "agent/relay/places.h"
#include "agent/base/log.h"

#include "common/lognos.h"

#include <stdio.h>

static void log_refusal(const anonid_relay_places_t *places,
                        const anonid_limit_verdict_t *verdict)
{
    const anonid_relay_origin_t *origin =
        anonid_relay_client_origin(places->client);

    anonid_log(ANONID_LOG_INFO,
               "%slistener %s: %s, account '%s', mail service '%s': over the "
               "limit %s, for %d s more",
               ANONID_LOGNO(0251), origin->listener->url, places->name,
               origin->account->name, origin->service->name,
               verdict->limit->text, verdict->retry_after);
}

static void on_answer(void *context, const anonid_limit_verdict_t *verdict)
{
    anonid_relay_places_t *places = context;

    places->question = NULL;
    if (verdict->limit)
        log_refusal(places, verdict);
    places->placed(places->context, verdict->limit ? verdict->retry_after : 0);
}

void anonid_relay_place_ask(anonid_relay_places_t *places,
                            anonid_limit_kind_t kind)
{
    const anonid_relay_origin_t *origin =
        anonid_relay_client_origin(places->client);
    unsigned amounts[ANONID_LIMIT_KINDS] = { 0 };

    snprintf(places->name, sizeof(places->name), "uid %ld",
             (long)origin->caller.uid);
    places->holder.service = origin->service;
    places->holder.client = places->name;
    amounts[kind] = 1;
    places->question =
        anonid_limit_ask(&places->holder, amounts, on_answer, places);
    if (places->question)
        anonid_relay_client_hold(places->client);
}

void anonid_relay_places_leave(anonid_relay_places_t *places)
{
    anonid_limit_cancel(places->question);
    places->question = NULL;
    anonid_limit_leave(&places->holder);
}

void anonid_relay_places_keep(anonid_relay_places_t *places)
{
    for (int kind = 0; kind < ANONID_LIMIT_KINDS; kind++)
        anonid_limit_keep(&places->holder, (anonid_limit_kind_t)kind,
                          places->holder.taken[kind]);
}
