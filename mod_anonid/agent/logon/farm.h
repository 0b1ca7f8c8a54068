/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt per credential version over all machines that share a store
 * (AnonIDLimitStore): before an attempt a machine claims it there, and what
 * was refused for good is marked, so that no other machine tries it.
 *
 *   key    a hash of provider, principal and secret, under a key derived from
 *          the store's secret: a changed secret has another one
 *   value  "claim ID"      a machine is at it
 *          "good"          it worked a short time ago: no need to queue
 *          "failed CODE"   it was refused for good
 *
 * While the store cannot be used each machine tries by itself, and remembers
 * by itself (failed_store.h). An operator's demand does not ask. Local
 * accounts and tokens are nobody else's concern. Main thread only.
 */
#ifndef ANONID_AGENT_LOGON_FARM_H
#define ANONID_AGENT_LOGON_FARM_H

#include "agent/logon/logon.h"

struct event_base;

void anonid_farm_start(struct event_base *base);

/* An attempt, when it is this machine's turn; or its failure elsewhere. Ends
 * in ATTEMPTED, as anonid_attempt_start does. */
void anonid_farm_attempt(anonid_logon_t *logon,
                         const anonid_versioned_t *with);

/* What an attempt has come to. */
void anonid_farm_tell(const anonid_account_t *account,
                      const anonid_secret_t *secret,
                      const anonid_outcome_t *outcome);

#endif
