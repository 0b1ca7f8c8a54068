/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded hash table of times (TATs, see gcra.h) by key: when it is full
 * the entry that was set the longest ago makes room. Knows nothing of limits.
 *
 * The entries lie in memory of the caller's, which may outlive the process:
 * all else is made anew from them. Keys are what a keyed hash gives, so that
 * nobody can choose two that collide. Event loop only.
 */
#ifndef ANONID_AGENT_LIMIT_TABLE_H
#define ANONID_AGENT_LIMIT_TABLE_H

#include <apr_time.h>
#include <stdint.h>

#define ANONID_LIMIT_KEY 16

/* An entry; one whose time is over, or 0, is free. */
typedef struct {
    unsigned char key[ANONID_LIMIT_KEY];
    _Atomic int64_t tat; /* written last */
} anonid_limit_entry_t;

typedef struct anonid_limit_table_t anonid_limit_table_t;

/* A table of so many entries, which hold what they held: those whose time is
 * over at `now` are cleared. NULL without memory. */
anonid_limit_table_t *anonid_limit_table_make(anonid_limit_entry_t *entries,
                                              uint32_t capacity,
                                              apr_time_t now);
void anonid_limit_table_free(anonid_limit_table_t *table);

/* The time of a key; 0: it has none. */
apr_time_t anonid_limit_table_get(const anonid_limit_table_t *table,
                                  const unsigned char key[ANONID_LIMIT_KEY]);

/* Sets it. */
void anonid_limit_table_set(anonid_limit_table_t *table,
                            const unsigned char key[ANONID_LIMIT_KEY],
                            apr_time_t tat);

#endif
