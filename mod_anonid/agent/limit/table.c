/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of times; see table.h.
 *
 *   entries  (the caller's memory)   key, time
 *   links    (the process's own)     chain of the bucket, newer, older
 *   buckets                          the first entry of each chain
 *
 * All refer to entries by number; NONE is no entry. Free entries are the
 * oldest ones.
 */
#include "agent/limit/table.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

typedef struct {
    uint32_t bucket; /* whose chain it is in; NONE: in none */
    uint32_t next;   /* of the chain */
    uint32_t newer, older;
} link_t;

struct anonid_limit_table_t {
    anonid_limit_entry_t *entries;
    link_t *links;
    uint32_t *buckets;
    uint32_t mask; /* buckets - 1, which are a power of two */
    uint32_t newest, oldest;
};

static uint32_t bucket_of(const anonid_limit_table_t *table,
                          const unsigned char *key)
{
    uint32_t hash;

    memcpy(&hash, key, sizeof(hash));
    return hash & table->mask;
}

/* ---- order of age ---- */

static void leave_line(anonid_limit_table_t *table, uint32_t i)
{
    const link_t *link = &table->links[i];

    if (link->newer == NONE)
        table->newest = link->older;
    else
        table->links[link->newer].older = link->older;
    if (link->older == NONE)
        table->oldest = link->newer;
    else
        table->links[link->older].newer = link->newer;
}

static void join_line(anonid_limit_table_t *table, uint32_t i)
{
    link_t *link = &table->links[i];

    link->newer = NONE;
    link->older = table->newest;
    if (table->newest == NONE)
        table->oldest = i;
    else
        table->links[table->newest].newer = i;
    table->newest = i;
}

/* ---- chains ---- */

static void leave_chain(anonid_limit_table_t *table, uint32_t i)
{
    link_t *link = &table->links[i];
    uint32_t *at;

    if (link->bucket == NONE)
        return;
    at = &table->buckets[link->bucket];
    while (*at != i)
        at = &table->links[*at].next;
    *at = link->next;
    link->bucket = NONE;
}

static void join_chain(anonid_limit_table_t *table, uint32_t i)
{
    link_t *link = &table->links[i];

    link->bucket = bucket_of(table, table->entries[i].key);
    link->next = table->buckets[link->bucket];
    table->buckets[link->bucket] = i;
}

static uint32_t find(const anonid_limit_table_t *table,
                     const unsigned char *key)
{
    uint32_t i = table->buckets[bucket_of(table, key)];

    while (i != NONE
           && memcmp(table->entries[i].key, key, ANONID_LIMIT_KEY) != 0)
        i = table->links[i].next;
    return i;
}

/* ---- making one ---- */

/* Takes the entries over: those that still say something are the newer. */
static void adopt(anonid_limit_table_t *table, uint32_t capacity,
                  apr_time_t now)
{
    for (uint32_t i = 0; i < capacity; i++) {
        table->links[i].bucket = NONE;
        if (table->entries[i].tat != 0 && table->entries[i].tat <= now)
            table->entries[i].tat = 0;
        if (table->entries[i].tat == 0)
            join_line(table, i);
    }
    for (uint32_t i = 0; i < capacity; i++) {
        if (table->entries[i].tat == 0)
            continue;
        join_line(table, i);
        join_chain(table, i);
    }
}

anonid_limit_table_t *anonid_limit_table_make(anonid_limit_entry_t *entries,
                                              uint32_t capacity,
                                              apr_time_t now)
{
    anonid_limit_table_t *table = calloc(1, sizeof(*table));
    uint32_t buckets = 1;

    if (!table)
        return NULL;
    while (buckets < capacity)
        buckets *= 2;
    table->entries = entries;
    table->mask = buckets - 1;
    table->newest = table->oldest = NONE;
    table->links = calloc(capacity, sizeof(*table->links));
    table->buckets = malloc(buckets * sizeof(*table->buckets));
    if (!table->links || !table->buckets) {
        anonid_limit_table_free(table);
        return NULL;
    }
    for (uint32_t i = 0; i < buckets; i++)
        table->buckets[i] = NONE;
    adopt(table, capacity, now);
    return table;
}

void anonid_limit_table_free(anonid_limit_table_t *table)
{
    if (!table)
        return;
    free(table->links);
    free(table->buckets);
    free(table);
}

/* ---- use ---- */

apr_time_t anonid_limit_table_get(const anonid_limit_table_t *table,
                                  const unsigned char key[ANONID_LIMIT_KEY])
{
    uint32_t i = find(table, key);

    return i == NONE ? 0 : table->entries[i].tat;
}

/* The process may end between any two of these: an entry never has another's
 * time. */
static uint32_t replace_oldest(anonid_limit_table_t *table,
                               const unsigned char *key)
{
    uint32_t i = table->oldest;

    leave_chain(table, i);
    table->entries[i].tat = 0;
    memcpy(table->entries[i].key, key, ANONID_LIMIT_KEY);
    join_chain(table, i);
    return i;
}

void anonid_limit_table_set(anonid_limit_table_t *table,
                            const unsigned char key[ANONID_LIMIT_KEY],
                            apr_time_t tat)
{
    uint32_t i = find(table, key);

    if (i == NONE)
        i = replace_oldest(table, key);
    table->entries[i].tat = tat;
    leave_line(table, i);
    join_line(table, i);
}
