/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data that outlives restarts; see retained.h.
 */
#include "module/supervisor/retained.h"
#include "module/supervisor/forkguard.h"

#include "common/build.h"

#include <httpd.h>
#include <http_config.h>

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#define RETAINED_KEY "mod_anonid"

/* With an allocator of its own, because the keeper uses the pool while
 * httpd's main thread uses others; and nobody's child, because at its end
 * httpd destroys the youngest pools first. */
static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    apr_allocator_create(&allocator);
    apr_pool_create_unmanaged_ex(&pool, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    apr_pool_tag(pool, "anonid_retained");
    return pool;
}

static void close_all(apr_array_header_t *descriptors)
{
    for (int i = 0; i < descriptors->nelts; i++) {
        if (APR_ARRAY_IDX(descriptors, i, int) >= 0)
            close(APR_ARRAY_IDX(descriptors, i, int));
        APR_ARRAY_IDX(descriptors, i, int) = -1;
    }
}

anonid_retained_t *anonid_retained_find(void)
{
    anonid_retained_t *retained = ap_retained_data_get(RETAINED_KEY);

    if (!retained || !retained->descriptors)
        return NULL;
    if (strcmp(retained->version, ANONID_VERSION) != 0) {
        close_all(retained->descriptors);
        return NULL;
    }
    return retained;
}

anonid_retained_t *anonid_retained_make(void)
{
    anonid_retained_t *retained = anonid_retained_find();

    if (retained)
        return retained;
    retained = ap_retained_data_create(RETAINED_KEY, sizeof(*retained));
    retained->pool = make_pool();
    retained->owner = getpid();
    retained->descriptors =
        apr_array_make(retained->pool, ANONID_FD_COUNT + 8, sizeof(int));
    for (int i = 0; i < ANONID_FD_COUNT; i++)
        APR_ARRAY_PUSH(retained->descriptors, int) = -1;
    apr_cpystrn(retained->version, ANONID_VERSION, sizeof(retained->version));
    retained->slots = apr_hash_make(retained->pool);
    retained->locks = anonid_account_locks_make(retained->descriptors);
    anonid_process_clear(&retained->process);
    retained->control.fd = -1;
    return retained;
}

void anonid_retained_set_fd(anonid_retained_t *retained, anonid_fd_t which,
                            int fd)
{
    APR_ARRAY_IDX(retained->descriptors, which, int) = fd;
}

int anonid_retained_fd(const anonid_retained_t *retained, anonid_fd_t which)
{
    return APR_ARRAY_IDX(retained->descriptors, which, int);
}

void anonid_retained_close_fd(anonid_retained_t *retained, anonid_fd_t which)
{
    if (anonid_retained_fd(retained, which) >= 0)
        close(anonid_retained_fd(retained, which));
    anonid_retained_set_fd(retained, which, -1);
}

int anonid_retained_slot(anonid_retained_t *retained, const char *account)
{
    int *slot = apr_hash_get(retained->slots, account, APR_HASH_KEY_STRING);

    if (slot)
        return *slot;
    if (apr_hash_count(retained->slots) >= ANONID_STATUS_SLOTS)
        return -1;
    slot = apr_palloc(retained->pool, sizeof(*slot));
    *slot = (int)apr_hash_count(retained->slots);
    apr_hash_set(retained->slots, apr_pstrdup(retained->pool, account),
                 APR_HASH_KEY_STRING, slot);
    return *slot;
}

void anonid_retained_destroy(anonid_retained_t *retained)
{
    anonid_forkguard_watch(NULL);
    close_all(retained->descriptors);
    retained->descriptors = NULL;
    apr_pool_destroy(retained->pool);
}
