/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting connections of local applications: on the sockets that the
 * supervisor has opened, from the users that each listener admits, at most so
 * many at a time. Event loop only.
 */
#ifndef ANONID_AGENT_RELAY_LISTENERS_H
#define ANONID_AGENT_RELAY_LISTENERS_H

#include "agent/logon/registry.h"

struct event_base;

void anonid_relay_start(struct event_base *base);

/* Listens on the sockets of that configuration, and on no others any more.
 * Who has connected before stays. */
void anonid_relay_apply(anonid_config_t *config);

/* Closes all listeners and their clients. */
void anonid_relay_stop(void);

#endif
