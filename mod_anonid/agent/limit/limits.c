/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits at work; see limits.h.
 */
#include "agent/limit/limits.h"
#include "agent/base/log.h"
#include "agent/limit/client.h"
#include "agent/limit/gcra.h"
#include "agent/limit/refusals.h"
#include "agent/limit/table.h"

#include "common/status.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Clients, in all services and limits together; and limits of services
 * themselves, which must never make room for clients. */
#define CLIENTS 100000
#define TOTALS 65536

/* What another layout has is not read. */
#define MAGIC 0x616e6c696d697431 /* "anlimit1" */

typedef struct {
    uint64_t magic;
    unsigned char secret[32]; /* of the hash of keys */
    unsigned char unused[24];
    anonid_limit_entry_t clients[CLIENTS];
    anonid_limit_entry_t totals[TOTALS];
} memory_t;

_Static_assert(sizeof(memory_t) <= ANONID_STATUS_ROOM, "the room is enough");

/* A place that is to be taken. */
typedef struct {
    const anonid_limit_t *limit;
    anonid_limit_table_t *table;
    unsigned amount;
    unsigned char key[ANONID_LIMIT_KEY];
    apr_time_t tat; /* before it is taken */
} place_t;

static memory_t *kept;
static anonid_limit_table_t *tables[] = {
    [ANONID_LIMIT_TOTAL] = NULL, [ANONID_LIMIT_PER_CLIENT] = NULL
};

/* ---- memory ---- */

/* 1, or 0 if there is no randomness yet, at the machine's start. */
static int begin(memory_t *memory)
{
    memset(memory, 0, sizeof(*memory));
    if (getrandom(memory->secret, sizeof(memory->secret), 0)
        != (ssize_t)sizeof(memory->secret))
        return 0;
    memory->magic = MAGIC;
    return 1;
}

apr_status_t anonid_limits_keep_in(void *room, apr_time_t now)
{
    memory_t *memory = room;
    anonid_limit_table_t *clients, *totals;

    if (memory->magic != MAGIC && !begin(memory))
        return APR_ENOMEM;
    clients = anonid_limit_table_make(memory->clients, CLIENTS, now);
    totals = anonid_limit_table_make(memory->totals, TOTALS, now);
    if (!clients || !totals) {
        anonid_limit_table_free(clients);
        anonid_limit_table_free(totals);
        return APR_ENOMEM;
    }
    anonid_limit_table_free(tables[ANONID_LIMIT_PER_CLIENT]);
    anonid_limit_table_free(tables[ANONID_LIMIT_TOTAL]);
    tables[ANONID_LIMIT_PER_CLIENT] = clients;
    tables[ANONID_LIMIT_TOTAL] = totals;
    kept = memory;
    return APR_SUCCESS;
}

/* Before there is other memory. */
static void have_memory(apr_time_t now)
{
    void *memory = kept ? NULL : calloc(1, sizeof(memory_t));

    if (!kept && (!memory || anonid_limits_keep_in(memory, now)))
        abort(); /* as APR does without memory */
}

/* ---- places ---- */

/* Each text ends in NUL. */
size_t anonid_limits_name(unsigned char name[ANONID_LIMIT_NAME_MAX],
                          const anonid_limit_claim_t *claim,
                          const anonid_limit_t *limit)
{
    char client[ANONID_LIMIT_CLIENT_MAX] = "";
    const char *const texts[] = { claim->service->name, limit->text, client };
    size_t length = 0;

    if (limit->scope == ANONID_LIMIT_PER_CLIENT)
        anonid_limit_client_name(client, claim->client);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t size = strlen(texts[i]) + 1;

        if (size > ANONID_LIMIT_NAME_MAX - length)
            size = ANONID_LIMIT_NAME_MAX - length;
        memcpy(name + length, texts[i], size);
        length += size;
    }
    return length;
}

static void make_key(unsigned char key[ANONID_LIMIT_KEY],
                     const anonid_limit_claim_t *claim,
                     const anonid_limit_t *limit)
{
    unsigned char octets[EVP_MAX_MD_SIZE], name[ANONID_LIMIT_NAME_MAX];
    size_t length = anonid_limits_name(name, claim, limit);

    if (!HMAC(EVP_sha256(), kept->secret, sizeof(kept->secret), name, length,
              octets, NULL))
        abort(); /* there is no memory */
    memcpy(key, octets, ANONID_LIMIT_KEY);
}

/* The places that a claim needs, in the order of the service's limits. */
static int find_places(const anonid_limit_claim_t *claim,
                       place_t places[ANONID_LIMITS_MAX])
{
    const apr_array_header_t *limits = claim->service->limits;
    int n = 0;

    for (int i = 0; i < limits->nelts && n < ANONID_LIMITS_MAX; i++) {
        const anonid_limit_t *limit =
            &APR_ARRAY_IDX(limits, i, anonid_limit_t);
        place_t *place = &places[n];

        if (claim->amounts[limit->kind] == 0)
            continue;
        place->limit = limit;
        place->amount = claim->amounts[limit->kind];
        place->table = tables[limit->scope];
        make_key(place->key, claim, limit);
        place->tat = anonid_limit_table_get(place->table, place->key);
        n++;
    }
    return n;
}

/* 1 if the first wait is the longer one: no wait is longer than NEVER. */
static int is_longer(apr_interval_time_t a, apr_interval_time_t b)
{
    return a == ANONID_GCRA_NEVER || (b != ANONID_GCRA_NEVER && a > b);
}

int anonid_limits_seconds(apr_interval_time_t wait)
{
    return wait == ANONID_GCRA_NEVER
               ? 0
               : (int)((wait + APR_USEC_PER_SEC - 1) / APR_USEC_PER_SEC);
}

void anonid_limits_take(const anonid_limit_claim_t *claim, apr_time_t now,
                        anonid_limit_verdict_t *verdict)
{
    place_t places[ANONID_LIMITS_MAX];
    apr_interval_time_t longest = 0;
    int n;

    have_memory(now);
    *verdict = (anonid_limit_verdict_t){ NULL, 0 };
    n = find_places(claim, places);
    for (int i = 0; i < n; i++) {
        apr_interval_time_t wait = anonid_gcra_wait(
            places[i].limit, places[i].tat, now, places[i].amount);

        if (!is_longer(wait, longest))
            continue;
        longest = wait;
        verdict->limit = places[i].limit;
        verdict->retry_after = anonid_limits_seconds(wait);
    }
    if (verdict->limit) {
        anonid_limit_refused(claim->service, verdict->limit, now);
        return;
    }
    for (int i = 0; i < n; i++)
        anonid_limit_table_set(places[i].table, places[i].key,
                               anonid_gcra_taken(places[i].limit,
                                                 places[i].tat, now,
                                                 places[i].amount));
}

static void give_back(const anonid_limit_claim_t *claim, int all)
{
    place_t places[ANONID_LIMITS_MAX];
    int n = kept ? find_places(claim, places) : 0;

    for (int i = 0; i < n; i++) {
        int is_total = places[i].limit->scope == ANONID_LIMIT_TOTAL;

        if (places[i].tat == 0 || (!is_total && !all))
            continue;
        anonid_limit_table_set(places[i].table, places[i].key,
                               anonid_gcra_given_back(places[i].limit,
                                                      places[i].tat,
                                                      places[i].amount));
    }
}

void anonid_limits_give_back(const anonid_limit_claim_t *claim)
{
    give_back(claim, 0);
}

void anonid_limits_undo(const anonid_limit_claim_t *claim)
{
    give_back(claim, 1);
}
