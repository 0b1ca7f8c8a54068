/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts and services as they are now; see registry.h. How an account is
 * logged on is in logon.h.
 */
#include "agent/logon/registry.h"
#include "agent/logon/config.h"
#include "agent/logon/logon.h"

#include "common/monotonic.h"

#include <apr_hash.h>
#include <stdlib.h>
#include <string.h>

static apr_pool_t *pool; /* of the two tables; entries have their own memory */
static apr_hash_t *logons; /* name -> anonid_logon_t, held */
static apr_hash_t *files;  /* path -> anonid_account_file_t, held */
static anonid_config_t *current;
static anonid_version_listener_t listener;

static void make_tables(void)
{
    if (pool)
        return;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
    logons = apr_hash_make(pool);
    files = apr_hash_make(pool);
}

anonid_config_t *anonid_config_current(void)
{
    return current;
}

anonid_logon_t *anonid_registry_logon(const char *account)
{
    return logons ? apr_hash_get(logons, account, APR_HASH_KEY_STRING) : NULL;
}

/* ---- proofs ---- */

int anonid_registry_proof(const char *account, anonid_proof_t *proof)
{
    const anonid_logon_t *logon = anonid_registry_logon(account);

    return logon && anonid_logon_proof(logon, proof);
}

void anonid_registry_token_refused(const char *account, unsigned long version)
{
    anonid_logon_t *logon = anonid_registry_logon(account);

    if (logon)
        anonid_logon_token_refused(logon, version);
}

int anonid_registry_settling(const char *account)
{
    const anonid_logon_t *logon = anonid_registry_logon(account);

    return logon && anonid_logon_is_settling(logon, anonid_monotonic_now());
}

void anonid_proof_release(anonid_proof_t *proof)
{
    anonid_secret_drop(proof->secret);
    anonid_credentials_drop(proof->credentials);
    memset(proof, 0, sizeof(*proof));
}

void anonid_registry_listen(anonid_version_listener_t new_listener)
{
    listener = new_listener;
}

void anonid_registry_tell(const char *account, unsigned long version)
{
    if (listener)
        listener(account, version);
}

/* ---- configurations ---- */

void anonid_registry_each(anonid_logon_visit_t visit, void *context)
{
    apr_hash_index_t *i;
    apr_pool_t *iteration;

    if (!logons || apr_pool_create(&iteration, NULL) != APR_SUCCESS)
        return;
    for (i = apr_hash_first(iteration, logons); i; i = apr_hash_next(i))
        visit(context, apr_hash_this_val(i));
    apr_pool_destroy(iteration);
}

static void other_changed(void *name, anonid_logon_t *logon)
{
    anonid_logon_helper_changed(logon, name);
}

void anonid_registry_changed(const char *account)
{
    if (current
        && apr_hash_get(current->helpers, account, APR_HASH_KEY_STRING))
        anonid_registry_each(other_changed, (void *)account);
}

static void remove_logon(anonid_logon_t *logon)
{
    apr_hash_set(logons, logon->name, APR_HASH_KEY_STRING, NULL);
    anonid_logon_end(logon);
    anonid_logon_drop(logon);
}

/* Ends an account that the configuration in context does not have. The
 * current entry may be removed from a hash while it is iterated over. */
static void end_missing(void *context, anonid_logon_t *logon)
{
    const anonid_config_t *config = context;

    if (!config || !anonid_config_account(config, logon->name))
        remove_logon(logon);
}

static anonid_logon_t *logon_of(const anonid_account_t *account)
{
    anonid_logon_t *logon = anonid_registry_logon(account->name);

    if (logon)
        return logon;
    logon = anonid_logon_make(account->name);
    if (!logon)
        abort();
    apr_hash_set(logons, logon->name, APR_HASH_KEY_STRING, logon);
    return logon;
}

static void configure(anonid_config_t *config, const anonid_account_t *account)
{
    anonid_account_file_t *file = NULL;

    if (account->provider == ANONID_PROVIDER_FILE && account->path)
        file = apr_hash_get(files, account->path, APR_HASH_KEY_STRING);
    anonid_logon_configure(logon_of(account), config, account, file);
}

/* Lets go of the files that no account of the configuration names. */
static void drop_files(const anonid_config_t *config)
{
    apr_hash_t *named = apr_hash_make(config->pool);
    apr_hash_index_t *i;

    for (i = apr_hash_first(config->pool, config->accounts); i;
         i = apr_hash_next(i)) {
        const anonid_account_t *account = apr_hash_this_val(i);

        if (account->path)
            apr_hash_set(named, account->path, APR_HASH_KEY_STRING, "");
    }
    for (i = apr_hash_first(NULL, files); i; i = apr_hash_next(i)) {
        anonid_account_file_t *file = apr_hash_this_val(i);

        if (apr_hash_get(named, file->path, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(files, file->path, APR_HASH_KEY_STRING, NULL);
        anonid_account_file_drop(file);
    }
}

void anonid_registry_apply(anonid_config_t *config)
{
    anonid_config_t *old = current;
    apr_hash_index_t *i;

    make_tables();
    current = config;
    anonid_registry_each(end_missing, config);
    drop_files(config);
    for (i = apr_hash_first(config->pool, config->accounts); i;
         i = apr_hash_next(i))
        configure(config, apr_hash_this_val(i));
    anonid_config_drop(old);
    anonid_registry_tell(NULL, 0);
}

/* ---- account files ---- */

static void file_came(void *context, anonid_logon_t *logon)
{
    anonid_account_file_t *file = context;
    const anonid_account_t *account = logon->account;

    if (account->provider == ANONID_PROVIDER_FILE && account->path
        && strcmp(account->path, file->path) == 0)
        anonid_logon_file(logon, file);
}

void anonid_registry_account_file(anonid_account_file_t *file)
{
    anonid_account_file_t *old;

    make_tables();
    old = apr_hash_get(files, file->path, APR_HASH_KEY_STRING);
    /* The old entry's key is the old file's: it goes before that. */
    apr_hash_set(files, file->path, APR_HASH_KEY_STRING, NULL);
    apr_hash_set(files, file->path, APR_HASH_KEY_STRING, file);
    anonid_registry_each(file_came, file);
    anonid_account_file_drop(old);
}

void anonid_registry_clear(void)
{
    apr_hash_index_t *i;

    if (!pool)
        return;
    anonid_registry_each(end_missing, NULL);
    for (i = apr_hash_first(NULL, files); i; i = apr_hash_next(i))
        anonid_account_file_drop(apr_hash_this_val(i));
    anonid_config_drop(current);
    current = NULL;
    apr_pool_destroy(pool);
    pool = NULL;
    logons = files = NULL;
}
