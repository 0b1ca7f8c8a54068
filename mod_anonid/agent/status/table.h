/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's hand on the status table: it is the only writer. Before the
 * table is here, everything is without effect. Main thread only.
 */
#ifndef ANONID_AGENT_STATUS_TABLE_H
#define ANONID_AGENT_STATUS_TABLE_H

#include "common/status.h"

/* The mapping, for the files of this folder; NULL before it is here. */
anonid_status_table_t *anonid_status_table(void);

/* Maps the table, and the room behind it that is the agent's own
 * (ANONID_STATUS_ROOM octets), and says in the table that this agent is there;
 * closes fd. The room stays until the process ends. */
apr_status_t anonid_status_table_open(int fd, void **room);

/* Says that the agent is alive; to be called every ANONID_STATUS_PULSE
 * seconds. */
void anonid_status_table_pulse(void);

/* Says that it is gone; the states stay as they are. */
void anonid_status_table_close(void);

void anonid_status_table_publish(int slot, anonid_state_t state,
                                 anonid_failure_t code, apr_time_t expires,
                                 apr_time_t next_attempt);

/* An attempt to log on has ended; it took so long (0: it was not made). */
void anonid_status_table_count_attempt(int slot,
                                       const anonid_outcome_t *outcome,
                                       apr_interval_time_t took);

/* The account's secret is of then. */
void anonid_status_table_secret(int slot, apr_time_t since);

/* The server has changed the account's password, or could not. */
void anonid_status_table_count_rotation(int slot, int failed);

void anonid_status_table_count(anonid_counter_t counter);

/* The state that the table has, and since when. */
anonid_state_t anonid_status_table_state(int slot, apr_time_t *since);
unsigned long long anonid_status_table_attempts(int slot);

/* Lets workers know that a token may be shown to them until then. */
void anonid_status_table_expect_check(apr_time_t until);

/* When the account's secret ends, and how often that was warned of: publishes
 * it, and what is published; 0 where nothing is known. */
void anonid_status_table_publish_expiry(int slot, apr_time_t expires,
                                        int warnings);
void anonid_status_table_expiry(int slot, apr_time_t *expires, int *warnings);

#endif
