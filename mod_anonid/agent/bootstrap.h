/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the logon machine its world: this agent's clock, pool, timers, status
 * table, parent and mail.
 */
#ifndef ANONID_AGENT_BOOTSTRAP_H
#define ANONID_AGENT_BOOTSTRAP_H

void anonid_bootstrap_logons(void);

#endif
