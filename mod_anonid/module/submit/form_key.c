/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form's key; see form_key.h.
 */
#include "module/submit/form_key.h"
#include "common/monotonic.h"
#include "module/channel/shared_key.h"
#include "module/config/config.h"

#include <http_config.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <glib.h>
#include <string.h>

#define RETAINED_KEY "mod_anonid_form_key"

/* The store's secret may change; an agent that has just been started comes to
 * have it in a moment. */
#define ASK_INTERVAL apr_time_from_sec(30)
#define RETRY_INTERVAL apr_time_from_msec(500)

static const anonid_seal_key_t *own;

/* What the agent said last, under the lock. */
static struct {
    apr_thread_mutex_t *lock;
    apr_time_t next; /* when to ask again; monotonic */
    int is_known;
    anonid_seal_key_t key;
} shared;

apr_status_t anonid_form_key_start(void)
{
    anonid_seal_key_t *retained = ap_retained_data_get(RETAINED_KEY);
    anonid_seal_key_t made;
    apr_status_t rv;

    own = retained;
    if (retained)
        return APR_SUCCESS;
    rv = apr_generate_random_bytes(made.octets, sizeof(made.octets));
    if (rv != APR_SUCCESS)
        return rv;
    retained = ap_retained_data_create(RETAINED_KEY, sizeof(*retained));
    *retained = made;
    own = retained;
    return APR_SUCCESS;
}

apr_status_t anonid_form_key_start_child(apr_pool_t *p)
{
    memset(&shared, 0, sizeof(shared));
    return apr_thread_mutex_create(&shared.lock, APR_THREAD_MUTEX_DEFAULT, p);
}

static void take_shared(const char *text)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = sizeof(shared.key.octets);

    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(sum, shared.key.octets, &length);
    g_checksum_free(sum);
    shared.is_known = 1;
}

/* While the agent does not answer the last key is good. */
static void ask_agent(apr_pool_t *pool)
{
    const char *text;

    if (anonid_monotonic_now() < shared.next)
        return;
    if (anonid_agent_shared_key(pool, &text) == APR_SUCCESS && text)
        take_shared(text);
    shared.next = anonid_monotonic_now()
                  + (shared.is_known ? ASK_INTERVAL : RETRY_INTERVAL);
}

const anonid_seal_key_t *anonid_form_key(request_rec *r)
{
    const anonid_seal_key_t *key = own;

    if (!anonid_global()->limit_store || !shared.lock)
        return own;
    apr_thread_mutex_lock(shared.lock);
    ask_agent(r->pool);
    if (shared.is_known)
        key = apr_pmemdup(r->pool, &shared.key, sizeof(shared.key));
    apr_thread_mutex_unlock(shared.lock);
    return key;
}
