/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one mapping of the status table; see table.h.
 */
#include "agent/status/table.h"

#include <sys/mman.h>
#include <unistd.h>

static anonid_status_table_t *table;

anonid_status_table_t *anonid_status_table(void)
{
    return table;
}

/* Sessions and connections of an agent before are gone, and so is what it
 * held against anybody. */
static void begin_anew(void)
{
    for (int i = 0; i < ANONID_STATUS_SERVERS; i++) {
        if (atomic_load(&table->servers[i].idle) == 0
            && atomic_load(&table->servers[i].busy) == 0
            && atomic_load(&table->servers[i].down_since) == 0)
            continue;
        atomic_store(&table->servers[i].idle, 0);
        atomic_store(&table->servers[i].busy, 0);
        atomic_store(&table->servers[i].down_since, 0);
    }
    for (int i = 0; i < ANONID_STATUS_PAIRS; i++) {
        if (atomic_load(&table->pairs[i].refused_since) != 0)
            atomic_store(&table->pairs[i].refused_since, 0);
    }
    for (int i = 0; i < ANONID_STATUS_LISTENERS; i++) {
        if (atomic_load(&table->listeners[i].clients) != 0)
            atomic_store(&table->listeners[i].clients, 0);
    }
}

apr_status_t anonid_status_table_open(int fd, void **room)
{
    apr_status_t rv = anonid_status_map(&table, fd);

    if (rv == APR_SUCCESS)
        rv = anonid_status_map_room(room, fd);
    close(fd);
    if (rv != APR_SUCCESS)
        return rv;
    if (atomic_fetch_add(&table->header.agent_starts, 1) > 0)
        begin_anew();
    atomic_store(&table->header.agent_started, apr_time_now());
    atomic_store(&table->header.agent_pid, (uint32_t)getpid());
    anonid_status_table_pulse();
    return APR_SUCCESS;
}

void anonid_status_table_pulse(void)
{
    if (table)
        atomic_store(&table->header.agent_alive, anonid_monotonic_now());
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

static anonid_logon_result_t result_of(const anonid_outcome_t *outcome)
{
    if (outcome->code == ANONID_LOGON_OK)
        return ANONID_LOGON_SUCCESS;
    return outcome->kind == ANONID_PERMANENT ? ANONID_LOGON_PERMANENT
                                             : ANONID_LOGON_TRANSIENT;
}

void anonid_status_table_count_attempt(int slot,
                                       const anonid_outcome_t *outcome,
                                       apr_interval_time_t took)
{
    anonid_status_slot_t *s = find(slot);

    anonid_status_table_count(ANONID_COUNT_logon_attempts);
    if (!s)
        return;
    atomic_fetch_add(&s->attempts, 1);
    atomic_fetch_add(&s->results[result_of(outcome)], 1);
    if (took > 0)
        anonid_status_observe(&table->logons, took);
}

void anonid_status_table_secret(int slot, apr_time_t since)
{
    anonid_status_slot_t *s = find(slot);

    if (s)
        atomic_store(&s->secret_since, since);
}

void anonid_status_table_count_rotation(int slot, int failed)
{
    anonid_status_slot_t *s = find(slot);

    if (s)
        atomic_fetch_add(&s->rotations[failed != 0], 1);
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

void anonid_status_table_publish_expiry(int slot, apr_time_t expires,
                                        int warnings)
{
    anonid_status_slot_t *s = find(slot);

    if (!s)
        return;
    atomic_store(&s->password_expires, expires);
    atomic_store(&s->expiry_warnings, (uint32_t)warnings);
}

void anonid_status_table_expiry(int slot, apr_time_t *expires, int *warnings)
{
    anonid_status_slot_t *s = find(slot);

    *expires = s ? atomic_load(&s->password_expires) : 0;
    *warnings = s ? (int)atomic_load(&s->expiry_warnings) : 0;
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
