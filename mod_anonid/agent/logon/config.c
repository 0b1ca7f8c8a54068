/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations: staging and life; see config.h.
 */
#include "agent/logon/config.h"
#include "agent/provider/option.h"
#include "agent/krb5/services.h"

#include "common/pair.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

/* What is being staged; `fault` is the first thing wrong with it. */
static anonid_config_t *staged;
static const char *fault = "there was no CONFIG_BEGIN";

/* The sockets that nobody has taken. */
static apr_status_t close_sockets(void *data)
{
    const anonid_config_t *config = data;

    for (int i = 0; i < config->listeners->nelts; i++) {
        int fd =
            APR_ARRAY_IDX(config->listeners, i, anonid_config_listener_t).fd;

        if (fd >= 0)
            close(fd);
    }
    return APR_SUCCESS;
}

static anonid_config_t *make_config(uint32_t generation)
{
    apr_pool_t *pool;
    anonid_config_t *config;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return NULL;
    config = apr_pcalloc(pool, sizeof(*config));
    config->pool = pool;
    config->holders = 1;
    config->generation = generation;
    config->accounts = apr_hash_make(pool);
    config->services = apr_hash_make(pool);
    config->helpers = apr_hash_make(pool);
    config->pairs = apr_hash_make(pool);
    config->tickets = apr_hash_make(pool);
    config->listeners =
        apr_array_make(pool, 2, sizeof(anonid_config_listener_t));
    apr_pool_cleanup_register(pool, config, close_sockets,
                              apr_pool_cleanup_null);
    return config;
}

anonid_config_t *anonid_config_hold(anonid_config_t *config)
{
    if (config)
        config->holders++;
    return config;
}

void anonid_config_drop(anonid_config_t *config)
{
    if (config && --config->holders == 0)
        apr_pool_destroy(config->pool);
}

const anonid_account_t *anonid_config_account(const anonid_config_t *config,
                                              const char *name)
{
    return apr_hash_get(config->accounts, name, APR_HASH_KEY_STRING);
}

const anonid_service_t *anonid_config_service(const anonid_config_t *config,
                                              const char *name)
{
    return apr_hash_get(config->services, name, APR_HASH_KEY_STRING);
}

int anonid_config_allows(const anonid_config_t *config,
                         const anonid_account_t *account,
                         const anonid_service_t *service)
{
    const anonid_joint_t joint = { account, service };

    return apr_hash_get(config->pairs, &joint, sizeof(joint)) != NULL;
}

int anonid_config_pair_slot(const anonid_config_t *config,
                            const anonid_account_t *account,
                            const anonid_service_t *service)
{
    const anonid_joint_t joint = { account, service };
    const anonid_pair_t *pair =
        config ? apr_hash_get(config->pairs, &joint, sizeof(joint)) : NULL;

    return pair ? pair->slot : -1;
}

const apr_array_header_t *
anonid_config_tickets(const anonid_config_t *config,
                      const anonid_account_t *account)
{
    return apr_hash_get(config->tickets, &account, sizeof(account));
}

void anonid_staging_begin(const anonid_frame_t *frame)
{
    anonid_config_drop(staged);
    staged = make_config(anonid_frame_u32(frame, ANONID_TAG_GENERATION, 0));
    fault = staged ? NULL : "there is no memory for it";
    if (staged)
        staged->workers = anonid_frame_u32(frame, ANONID_TAG_WORKERS, 0);
}

/* What the logon machine relies on; the parent's own checks see to it. */
static int is_sound(const anonid_account_t *account)
{
    if (account->provider == ANONID_PROVIDER_FILE)
        return account->path && (account->secret || account->sync);
    return !account->sync;
}

void anonid_staging_account(const anonid_frame_t *frame)
{
    anonid_account_t *account;
    const char *helper;

    if (fault)
        return;
    account = anonid_account_decode(frame, staged->pool);
    if (!account || !is_sound(account)) {
        fault = "an ACCOUNT is malformed";
        return;
    }
    helper = anonid_account_helper(account);
    if (helper)
        apr_hash_set(staged->helpers, helper, APR_HASH_KEY_STRING, "");
    if (anonid_config_account(staged, account->name))
        fault = apr_psprintf(staged->pool, "the account '%s' came twice",
                             account->name);
    apr_hash_set(staged->accounts, account->name, APR_HASH_KEY_STRING,
                 account);
}

void anonid_staging_service(const anonid_frame_t *frame)
{
    anonid_service_t *service;

    if (fault)
        return;
    service = anonid_service_decode(frame, staged->pool);
    if (!service) {
        fault = "a SERVICE is malformed";
        return;
    }
    if (anonid_config_service(staged, service->name))
        fault = apr_psprintf(staged->pool, "the service '%s' came twice",
                             service->name);
    apr_hash_set(staged->services, service->name, APR_HASH_KEY_STRING,
                 service);
}

/* The service's names in a realm are among those that the account's tickets
 * are fetched ahead for. */
static void add_tickets(const anonid_joint_t *joint)
{
    apr_array_header_t *names =
        apr_hash_get(staged->tickets, &joint->account, sizeof(joint->account));

    if (joint->account->provider != ANONID_PROVIDER_KRB5)
        return;
    if (!names) {
        names = apr_array_make(staged->pool, 2, sizeof(const char *));
        apr_hash_set(staged->tickets, &joint->account, sizeof(joint->account),
                     names);
    }
    anonid_krb5_services_add(names, joint->service);
}

void anonid_staging_pair(const anonid_frame_t *frame)
{
    anonid_joint_t *joint;
    anonid_pair_t pair;

    if (fault)
        return;
    if (!anonid_pair_decode(frame, staged->pool, &pair)) {
        fault = "a PAIR is malformed";
        return;
    }
    if (!pair.service) /* of a kind that is not known here */
        return;
    joint = apr_pcalloc(staged->pool, sizeof(*joint));
    joint->account = anonid_config_account(staged, pair.account);
    joint->service = anonid_config_service(staged, pair.service);
    if (!joint->account || !joint->service) {
        fault = apr_psprintf(staged->pool,
                             "there is no account '%s' or no service '%s' for "
                             "a PAIR",
                             pair.account, pair.service);
        return;
    }
    apr_hash_set(staged->pairs, joint, sizeof(*joint),
                 apr_pmemdup(staged->pool, &pair, sizeof(pair)));
    add_tickets(joint);
}

/* A listener of the configuration, which owns its socket. */
static anonid_config_listener_t *add_listener(int fd)
{
    anonid_config_listener_t *listener = apr_array_push(staged->listeners);

    memset(listener, 0, sizeof(*listener));
    listener->fd = fd;
    return listener;
}

void anonid_staging_listener(const anonid_frame_t *frame, int fd)
{
    anonid_config_listener_t *added;

    if (fault) {
        if (fd >= 0)
            close(fd);
        return;
    }
    added = add_listener(fd);
    added->listener = anonid_listener_decode(frame, staged->pool);
    if (!added->listener) {
        fault = "a LISTENER is malformed";
        return;
    }
    added->account = anonid_config_account(staged, added->listener->account);
    added->service = anonid_config_service(staged, added->listener->service);
    if (!added->account || !added->service
        || !anonid_config_allows(staged, added->account, added->service))
        fault = apr_psprintf(staged->pool,
                             "the account of the listener %s may not use its "
                             "service",
                             added->listener->url);
}

void anonid_staging_store(const anonid_frame_t *frame)
{
    if (fault)
        return;
    staged->store = anonid_shared_store_decode(frame, staged->pool);
    if (!staged->store)
        fault = "a STORE is malformed";
}

anonid_config_t *anonid_staging_end(const anonid_frame_t *frame,
                                    const char **why)
{
    anonid_config_t *config = staged;

    if (!fault
        && anonid_frame_u32(frame, ANONID_TAG_GENERATION, 0)
               != staged->generation)
        fault = "CONFIG_END is of another generation than CONFIG_BEGIN";
    *why = fault;
    if (fault)
        return NULL;
    staged = NULL;
    fault = "there was no CONFIG_BEGIN";
    return config;
}
