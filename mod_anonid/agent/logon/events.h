/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an event gets to a logon; for this folder and for tests. Everybody else
 * has the functions of logon.h, one for each thing that can happen.
 */
#ifndef ANONID_AGENT_LOGON_EVENTS_H
#define ANONID_AGENT_LOGON_EVENTS_H

#include "agent/logon/step.h"

/* Takes a step at this time, and has its effects carried out. */
void anonid_logon_handle(anonid_logon_t *logon,
                         const anonid_logon_event_t *event);

#endif
