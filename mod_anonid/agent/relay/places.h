/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application's places in the limits of its mail service. To them the
 * client is the user that the application runs as: "uid 33".
 */
#ifndef ANONID_AGENT_RELAY_PLACES_H
#define ANONID_AGENT_RELAY_PLACES_H

#include "agent/relay/client.h"

/* Takes a place: 0, or the seconds after which it may be tried again. A
 * refusal is logged. */
int anonid_relay_place_take(const anonid_relay_origin_t *origin,
                            anonid_limit_kind_t kind);

/* Gives places back, of those limits for which that is done. */
void anonid_relay_places_give_back(const anonid_relay_origin_t *origin,
                                   anonid_limit_kind_t kind, unsigned n);

#endif
