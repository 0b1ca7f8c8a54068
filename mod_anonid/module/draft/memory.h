/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much memory the messages of visitors take in one process: the octets
 * that are held, of the request's body, of what is read from it, and of the
 * message that is composed. Owns the bounds; knows neither HTTP nor mail.
 *
 *   0                              ROOM                      ROOM + RESERVE
 *   |------ messages of any size ----|--- only those up to SMALL ---|
 *
 * Large messages, however many and slow, leave the reserve to small ones.
 */
#ifndef ANONID_MODULE_DRAFT_MEMORY_H
#define ANONID_MODULE_DRAFT_MEMORY_H

#include <apr_pools.h>

#include "common/protocol.h"

/* The largest message has up to five copies: the body, its decoded text, that
 * with other line ends, and the composed message, encoded. */
#define ANONID_MEMORY_ROOM ((apr_size_t)5 * ANONID_MESSAGE_MAX)
#define ANONID_MEMORY_RESERVE ((apr_size_t)32 << 20)
#define ANONID_MEMORY_SMALL ((apr_size_t)1 << 20)

/* What one message takes. */
typedef struct anonid_memory_t anonid_memory_t;

/* A message that takes nothing yet; with the pool all of it is given back. */
anonid_memory_t *anonid_memory_open(apr_pool_t *pool);

/* Counts octets before they are allocated: 1, or 0 if there is no room for
 * them. memory NULL: nothing is counted. Any thread. */
int anonid_memory_take(anonid_memory_t *memory, apr_size_t octets);

/* Gives octets back that were taken. */
void anonid_memory_give(anonid_memory_t *memory, apr_size_t octets);

/* What all messages of the process take. */
apr_size_t anonid_memory_total(void);

#endif
