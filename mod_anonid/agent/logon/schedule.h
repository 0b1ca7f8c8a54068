/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the logons are looked at again: one timer of the event loop each, and
 * all of them when somebody sets the wall clock.
 */
#ifndef ANONID_AGENT_LOGON_SCHEDULE_H
#define ANONID_AGENT_LOGON_SCHEDULE_H

#include "agent/logon/logon.h"

struct event_base;

/* Before the first wish. */
void anonid_schedule_start(struct event_base *base);

/* Before the loop's end. */
void anonid_schedule_stop(void);

/* anonid_logon_alarm is called then, by the monotonic clock; replaces an older
 * wish. 0: not, and the timer is freed. */
void anonid_schedule_wake(anonid_logon_t *logon, apr_time_t when);

#endif
