/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket caches in memory; see cache.h.
 */
#include "agent/krb5/cache.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    anonid_credentials_t base; /* first: it is what others see */
    char *name;                /* "MEMORY:..." */
    char *realm;
} cache_t;

/* Takes the name over, unless there is no memory. */
static cache_t *wrap(char *name, const krb5_data *realm)
{
    cache_t *cache = calloc(1, sizeof(*cache));

    if (cache)
        cache->realm = strndup(realm->data, realm->length);
    if (!cache || !cache->realm) {
        free(cache);
        return NULL;
    }
    cache->base.provider = &anonid_provider_krb5;
    atomic_init(&cache->base.holders, 1);
    cache->name = name;
    return cache;
}

/* Gives the cache a life of its own; takes `cache` in any case. */
static krb5_error_code keep(krb5_context context, krb5_ccache cache,
                            const krb5_data *realm,
                            anonid_credentials_t **held)
{
    cache_t *wrapped = NULL;
    char *name = NULL;
    krb5_error_code error = krb5_cc_get_full_name(context, cache, &name);

    if (!error)
        wrapped = wrap(name, realm);
    if (!wrapped) {
        (void)krb5_cc_destroy(context, cache);
        krb5_free_string(context, name);
        return error ? error : ENOMEM;
    }
    (void)krb5_cc_close(context, cache);
    *held = &wrapped->base;
    return 0;
}

krb5_error_code anonid_krb5_cache_make(krb5_context context,
                                       krb5_principal client,
                                       krb5_creds *creds,
                                       anonid_credentials_t **held)
{
    krb5_ccache cache = NULL;
    krb5_error_code error =
        krb5_cc_new_unique(context, "MEMORY", NULL, &cache);

    if (error)
        return error;
    error = krb5_cc_initialize(context, cache, client);
    if (!error)
        error = krb5_cc_store_cred(context, cache, creds);
    if (error) {
        (void)krb5_cc_destroy(context, cache);
        return error;
    }
    return keep(context, cache, krb5_princ_realm(context, client), held);
}

krb5_error_code anonid_krb5_cache_open(krb5_context context,
                                       const anonid_credentials_t *held,
                                       krb5_ccache *cache)
{
    return krb5_cc_resolve(context, ((const cache_t *)held)->name, cache);
}

const char *anonid_krb5_cache_name(const anonid_credentials_t *held)
{
    return ((const cache_t *)held)->name;
}

const char *anonid_krb5_cache_realm(const anonid_credentials_t *held)
{
    return ((const cache_t *)held)->realm;
}

void anonid_krb5_cache_release(anonid_credentials_t *held)
{
    cache_t *wrapped = (cache_t *)held;
    krb5_context context;
    krb5_ccache cache;

    if (krb5_init_context(&context) == 0) {
        if (krb5_cc_resolve(context, wrapped->name, &cache) == 0)
            (void)krb5_cc_destroy(context, cache);
        krb5_free_context(context);
    }
    free(wrapped->name);
    free(wrapped->realm);
    free(wrapped);
}

/* The ticket goes into the cache as libkrb5 fetches it. */
static krb5_error_code fetch(krb5_context context, krb5_ccache cache,
                             krb5_principal server)
{
    krb5_creds wanted, *got = NULL;
    krb5_error_code error;

    memset(&wanted, 0, sizeof(wanted));
    wanted.server = server;
    error = krb5_cc_get_principal(context, cache, &wanted.client);
    if (error)
        return error;
    error = krb5_get_credentials(context, 0, cache, &wanted, &got);
    krb5_free_creds(context, got);
    krb5_free_principal(context, wanted.client);
    return error;
}

krb5_error_code anonid_krb5_cache_fetch(krb5_context context,
                                        const anonid_credentials_t *held,
                                        const char *service)
{
    const char *slash = strchr(service, '/');
    char *type = slash ? strndup(service, (size_t)(slash - service)) : NULL;
    krb5_principal server = NULL;
    krb5_ccache cache = NULL;
    krb5_error_code error = type ? 0 : EINVAL;

    if (!error)
        error = krb5_sname_to_principal(context, slash + 1, type,
                                        KRB5_NT_SRV_HST, &server);
    if (!error)
        error = anonid_krb5_cache_open(context, held, &cache);
    if (!error)
        error = fetch(context, cache, server);
    if (cache)
        (void)krb5_cc_close(context, cache);
    krb5_free_principal(context, server);
    free(type);
    return error;
}
