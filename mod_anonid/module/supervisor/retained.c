/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data that outlives restarts; see retained.h.
 */
#include "module/supervisor/retained.h"

#include "common/build.h"

#include <httpd.h>
#include <http_config.h>

#include <apr_strings.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define RETAINED_KEY "mod_anonid"

#define VERSION_MAX sizeof(((anonid_retained_t *)NULL)->version)

/* The layout is part of the version. */
#define LAYOUT                                                                \
    (sizeof(anonid_retained_t) + sizeof(anonid_worker_page_t)                 \
     + ANONID_FD_COUNT)

/* Nobody's child, because at its end httpd destroys the youngest pools
 * first. */
static apr_pool_t *make_pool(void)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    apr_pool_tag(pool, "anonid_retained");
    return pool;
}

static void make_version(char version[VERSION_MAX])
{
    apr_snprintf(version, VERSION_MAX, "%s/%d", ANONID_VERSION, (int)LAYOUT);
}

static void close_all(apr_array_header_t *descriptors)
{
    for (int i = 0; i < descriptors->nelts; i++) {
        if (APR_ARRAY_IDX(descriptors, i, int) >= 0)
            close(APR_ARRAY_IDX(descriptors, i, int));
        APR_ARRAY_IDX(descriptors, i, int) = -1;
    }
}

/* ---- forked children ---- */

static anonid_retained_t *guarded;

static void in_child(void)
{
    if (guarded)
        close_all(guarded->descriptors);
    guarded = NULL;
}

void anonid_retained_guard(anonid_retained_t *retained)
{
    static int installed;

    guarded = retained;
    if (!installed)
        installed = pthread_atfork(NULL, NULL, in_child) == 0;
}

pid_t anonid_retained_fork(anonid_retained_t *retained)
{
    pid_t pid;

    guarded = NULL;
    pid = fork();
    if (pid != 0)
        guarded = retained;
    return pid;
}

/* ---- what is there ---- */

anonid_retained_t *anonid_retained_find(void)
{
    anonid_retained_t *retained = ap_retained_data_get(RETAINED_KEY);
    char version[VERSION_MAX];

    if (!retained || !retained->descriptors)
        return NULL;
    make_version(version);
    if (strcmp(retained->version, version) != 0) {
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
    make_version(retained->version);
    for (int kind = 0; kind < ANONID_SLOT_KINDS; kind++)
        retained->slots[kind] = apr_hash_make(retained->pool);
    retained->sockets = apr_hash_make(retained->pool);
    retained->locks = anonid_account_locks_make(retained->descriptors);
    anonid_process_clear(&retained->process);
    anonid_retained_guard(retained);
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

int anonid_retained_slot(anonid_retained_t *retained, anonid_slot_kind_t kind,
                         const char *name)
{
    static const unsigned most[ANONID_SLOT_KINDS] = {
        [ANONID_SLOT_ACCOUNT] = ANONID_STATUS_SLOTS,
        [ANONID_SLOT_SERVICE] = ANONID_STATUS_SERVICES,
        [ANONID_SLOT_SERVER] = ANONID_STATUS_SERVERS,
        [ANONID_SLOT_PAIR] = ANONID_STATUS_PAIRS,
        [ANONID_SLOT_LISTENER] = ANONID_STATUS_LISTENERS,
    };
    apr_hash_t *slots = retained->slots[kind];
    int *slot = apr_hash_get(slots, name, APR_HASH_KEY_STRING);

    if (slot)
        return *slot;
    if (apr_hash_count(slots) >= most[kind])
        return -1;
    slot = apr_palloc(retained->pool, sizeof(*slot));
    *slot = (int)apr_hash_count(slots);
    apr_hash_set(slots, apr_pstrdup(retained->pool, name), APR_HASH_KEY_STRING,
                 slot);
    return *slot;
}

void anonid_retained_destroy(anonid_retained_t *retained)
{
    anonid_retained_guard(NULL);
    close_all(retained->descriptors);
    retained->descriptors = NULL;
    apr_pool_destroy(retained->pool);
}
