/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application's places in the limits of its mail service. To them the
 * client is the user that the application runs as: "uid 33".
 */
#ifndef ANONID_AGENT_RELAY_PLACES_H
#define ANONID_AGENT_RELAY_PLACES_H

#include "agent/limit/holder.h"
#include "agent/relay/client.h"

/* 0: the place is taken; else the seconds after which it may be tried again.
 * The client is held, if the answer had to be awaited: the callee resumes
 * it. */
typedef void (*anonid_relay_placed_t)(void *context, int seconds);

/* Zeroed at first, but for client, placed and context. */
typedef struct {
    anonid_relay_client_t *client;
    anonid_relay_placed_t placed;
    void *context;
    anonid_limit_holder_t holder;
    char name[ANONID_LIMIT_CLIENT_MAX];
    anonid_limit_question_t *question;
} anonid_relay_places_t;

/* Asks for a place of that kind; placed follows, perhaps from inside this
 * call. One at a time. A refusal is logged. */
void anonid_relay_place_ask(anonid_relay_places_t *places,
                            anonid_limit_kind_t kind);

/* Nothing is asked any more, and what is left is given back; or kept, since it
 * was used. */
void anonid_relay_places_leave(anonid_relay_places_t *places);
void anonid_relay_places_keep(anonid_relay_places_t *places);

#endif
