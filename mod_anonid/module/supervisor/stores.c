/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers that wait; see stores.h.
 */
#include "module/supervisor/stores.h"
#include "module/supervisor/account_writer.h"
#include "module/supervisor/push.h"
#include "module/supervisor/report.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_log.h>

/* After the last one, and after the first. */
#define QUIET apr_time_from_msec(50)
#define AT_MOST apr_time_from_sec(4)

struct anonid_stores_t {
    apr_pool_t *pool;  /* cleared when they are written */
    apr_hash_t *files; /* path -> apr_array_header_t of anonid_store_t * */
    apr_time_t first, last; /* 0: there are none */
};

void anonid_stores_clear(anonid_stores_t *stores)
{
    apr_pool_clear(stores->pool);
    stores->files = apr_hash_make(stores->pool);
    stores->first = stores->last = 0;
}

anonid_stores_t *anonid_stores_make(apr_pool_t *pool)
{
    anonid_stores_t *stores = apr_palloc(pool, sizeof(*stores));

    apr_pool_create(&stores->pool, pool);
    apr_pool_tag(stores->pool, "anonid_stores");
    anonid_stores_clear(stores);
    return stores;
}

void anonid_stores_add(anonid_stores_t *stores,
                       const anonid_account_t *account, uint32_t id,
                       const char *verifier)
{
    apr_array_header_t *file =
        apr_hash_get(stores->files, account->path, APR_HASH_KEY_STRING);
    anonid_store_t *store = apr_pcalloc(stores->pool, sizeof(*store));

    if (!file) {
        file = apr_array_make(stores->pool, 16, sizeof(anonid_store_t *));
        apr_hash_set(stores->files, account->path, APR_HASH_KEY_STRING, file);
    }
    store->account = account;
    store->id = id;
    store->verifier = apr_pstrdup(stores->pool, verifier);
    APR_ARRAY_PUSH(file, anonid_store_t *) = store;
    stores->last = anonid_monotonic_now();
    if (!stores->first)
        stores->first = stores->last;
}

apr_interval_time_t anonid_stores_due(const anonid_stores_t *stores)
{
    apr_time_t due = stores->last + QUIET, now = anonid_monotonic_now();

    if (!stores->first)
        return -1;
    if (due > stores->first + AT_MOST)
        due = stores->first + AT_MOST;
    return due > now ? due - now : 0;
}

static apr_status_t answer(const anonid_store_t *store,
                           anonid_channel_t *agent)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = anonid_push_wait(agent);

    if (rv != APR_SUCCESS)
        return rv;
    anonid_writer_begin(&w, ANONID_MSG_VERIFIER_STORED, 0, store->id);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, store->account->name);
    anonid_writer_u32(&w, ANONID_TAG_CODE, (uint32_t)store->rv);
    anonid_writer_text(&w, ANONID_TAG_TEXT, store->why);
    return anonid_push_frame(agent, &w, NULL, 0);
}

static void report_written(anonid_store_t **stores, int n, server_rec *s)
{
    int written = 0;

    for (int i = 0; i < n; i++)
        written += stores[i]->rv == APR_SUCCESS;
    if (written > 0)
        anonid_report(s, APLOG_INFO, "new verifiers in %s: %d",
                      stores[0]->account->path, written);
}

/* The answers come first, then the file that the agent logs on with. */
static apr_status_t write_file(const apr_array_header_t *file, server_rec *s,
                               anonid_account_locks_t *locks,
                               anonid_sources_t *sources,
                               anonid_channel_t *agent)
{
    anonid_store_t **stores = (anonid_store_t **)file->elts;
    apr_status_t rv = APR_SUCCESS;

    anonid_account_writer_store_all(locks, stores, file->nelts, file->pool);
    report_written(stores, file->nelts, s);
    for (int i = 0; i < file->nelts && rv == APR_SUCCESS; i++) {
        rv = answer(stores[i], agent);
        if (stores[i]->rv == APR_SUCCESS)
            anonid_report(s, APLOG_INFO,
                          "the password of the account '%s' was changed in "
                          "%s",
                          stores[i]->account->name, stores[i]->account->path);
    }
    if (rv != APR_SUCCESS)
        return rv;
    return anonid_sources_pass_account(sources, stores[0]->account, agent);
}

apr_status_t anonid_stores_write(anonid_stores_t *stores, server_rec *s,
                                 anonid_account_locks_t *locks,
                                 anonid_sources_t *sources,
                                 anonid_channel_t *agent)
{
    apr_status_t rv = APR_SUCCESS;
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(NULL, stores->files); hi && rv == APR_SUCCESS;
         hi = apr_hash_next(hi))
        rv = write_file(apr_hash_this_val(hi), s, locks, sources, agent);
    anonid_stores_clear(stores);
    return rv;
}
