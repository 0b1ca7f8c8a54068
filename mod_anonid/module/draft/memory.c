/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of messages; see memory.h.
 */
#include "module/draft/memory.h"

#include <stdatomic.h>

struct anonid_memory_t {
    apr_size_t held;
};

static atomic_size_t total;

static apr_status_t give_all(void *data)
{
    anonid_memory_t *memory = data;

    anonid_memory_give(memory, memory->held);
    return APR_SUCCESS;
}

anonid_memory_t *anonid_memory_open(apr_pool_t *pool)
{
    anonid_memory_t *memory = apr_pcalloc(pool, sizeof(*memory));

    apr_pool_cleanup_register(pool, memory, give_all, apr_pool_cleanup_null);
    return memory;
}

int anonid_memory_take(anonid_memory_t *memory, apr_size_t octets)
{
    apr_size_t room = ANONID_MEMORY_ROOM;

    if (!memory)
        return 1;
    if (octets > ANONID_MEMORY_ROOM)
        return 0;
    if (memory->held + octets <= ANONID_MEMORY_SMALL)
        room += ANONID_MEMORY_RESERVE;
    if (atomic_fetch_add(&total, octets) + octets > room) {
        atomic_fetch_sub(&total, octets);
        return 0;
    }
    memory->held += octets;
    return 1;
}

void anonid_memory_give(anonid_memory_t *memory, apr_size_t octets)
{
    if (!memory)
        return;
    memory->held -= octets;
    atomic_fetch_sub(&total, octets);
}

apr_size_t anonid_memory_total(void)
{
    return atomic_load(&total);
}
