/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting connections of local applications: on the sockets that the
 * supervisor has opened, from the users that each listener admits, at most so
 * many at a time. Event loop only.
 */
#ifndef ANONID_AGENT_RELAY_LISTENERS_H
#define ANONID_AGENT_RELAY_LISTENERS_H

#include "agent/logon/registry.h"

#include "agent/relay/caller.h"

struct event_base;

/* Is told of a process that was refused: the supervisor, which can see more of
 * it, writes about it. At most once a minute for each listener. */
typedef void (*anonid_relay_stranger_t)(const char *url,
                                        const anonid_caller_t *caller);

void anonid_relay_start(struct event_base *base,
                        anonid_relay_stranger_t stranger);

/* Listens on the sockets of that configuration, and on no others any more.
 * Who has connected before stays. */
void anonid_relay_apply(anonid_config_t *config);

/* Closes all listeners and their clients. */
void anonid_relay_stop(void);

#endif
