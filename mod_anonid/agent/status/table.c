/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one mapping of the status table; see table.h.
 */
#include "agent/status/table.h"

#include <sys/mman.h>
#include <unistd.h>

static anonid_status_table_t *table;

apr_status_t anonid_status_table_open(int fd)
{
    apr_status_t rv = anonid_status_map(&table, fd);

    close(fd);
    if (rv == APR_SUCCESS)
        atomic_store(&table->header.agent_pid, (uint32_t)getpid());
    return rv;
}

void anonid_status_table_close(void)
{
    if (!table)
        return;
    atomic_store(&table->header.agent_pid, 0);
    (void)munmap(table, sizeof(*table));
    table = NULL;
}

static anonid_status_slot_t *find(int slot)
{
    return table && slot >= 0 && slot < ANONID_STATUS_SLOTS
               ? &table->slots[slot]
               : NULL;
}

void anonid_status_table_publish(int slot, anonid_state_t state,
                                 anonid_failure_t code, apr_time_t expires,
                                 apr_time_t next_attempt)
{
    if (table)
        anonid_status_publish(table, slot, state, code, expires, next_attempt);
}

void anonid_status_table_count_attempt(int slot)
{
    anonid_status_slot_t *s = find(slot);

    anonid_status_table_count(ANONID_COUNT_logon_attempts);
    if (s)
        atomic_fetch_add(&s->attempts, 1);
}

void anonid_status_table_count(anonid_counter_t counter)
{
    if (table)
        atomic_fetch_add_explicit(&table->counters[counter], 1,
                                  memory_order_relaxed);
}

anonid_state_t anonid_status_table_state(int slot, apr_time_t *since)
{
    anonid_status_slot_t *s = find(slot);

    *since = s ? atomic_load(&s->since) : 0;
    return s ? (anonid_state_t)atomic_load(&s->state) : ANONID_STATE_PENDING;
}

unsigned long long anonid_status_table_attempts(int slot)
{
    anonid_status_slot_t *s = find(slot);

    return s ? atomic_load(&s->attempts) : 0;
}

void anonid_status_table_expect_check(apr_time_t until)
{
    if (table)
        atomic_store(&table->header.check_until, until);
}
