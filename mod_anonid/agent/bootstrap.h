/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries out what the logon machine decides: with this agent's pool, timers,
 * status table, supervisor and mail.
 */
#ifndef ANONID_AGENT_BOOTSTRAP_H
#define ANONID_AGENT_BOOTSTRAP_H

void anonid_bootstrap_logons(void);

#endif
