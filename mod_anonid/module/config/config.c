/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creation, merging and finding of the module's configuration. It must not
 * know how a directive is written nor when a configuration is wrong.
 */
#include "module/config/config.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

/* Octets of an account's name; see anonid_account_name_error(). */
#define ANONID_NAME_MAX 256

/* Read-only after check_config, so that workers share it without a lock. */
static anonid_global_t *global;

anonid_global_t *anonid_global(void)
{
    return global;
}

/* Generation 0 is the first look at the configuration, 1 the one in which
 * httpd starts. */
int anonid_config_is_restart(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

static anonid_global_t *make_global(apr_pool_t *p)
{
    anonid_global_t *made = apr_pcalloc(p, sizeof(*made));

    made->accounts = apr_array_make(p, 4, sizeof(anonid_account_t *));
    made->services = apr_array_make(p, 4, sizeof(anonid_service_t *));
    made->references = apr_array_make(p, 16, sizeof(anonid_reference_t *));
    made->pairs = apr_array_make(p, 4, sizeof(anonid_pair_t));
    made->listens = apr_array_make(p, 4, sizeof(anonid_listen_t *));
    made->header_names = apr_array_make(p, 2, sizeof(anonid_header_name_t));
    made->catalogs = anonid_catalog_builtin(p);
    made->form_languages =
        apr_array_make(p, 2, sizeof(anonid_form_languages_t *));
    made->field_names = apr_hash_make(p);
    made->accounts_by_key = apr_hash_make(p);
    made->services_by_name = apr_hash_make(p);
    made->definitions = apr_hash_make(p);
    made->server_status = 1;
    return made;
}

void *anonid_config_create_server(apr_pool_t *p, server_rec *s)
{
    if (!s->is_virtual)
        global = make_global(p);
    return apr_pcalloc(p, sizeof(anonid_server_t));
}

void *anonid_config_create_dir(apr_pool_t *p, char *path)
{
    anonid_dir_t *dir = apr_palloc(p, sizeof(*dir));

    (void)path;
#define X(type, name, unset) dir->name = unset;
    ANONID_DIR_FIELDS(X)
#undef X
    return dir;
}

void *anonid_config_merge_dir(apr_pool_t *p, void *base, void *add)
{
    const anonid_dir_t *outer = base;
    const anonid_dir_t *inner = add;
    anonid_dir_t *dir = apr_palloc(p, sizeof(*dir));

#define X(type, name, unset)                                                  \
    dir->name = inner->name != (unset) ? inner->name : outer->name;
    ANONID_DIR_FIELDS(X)
#undef X
    return dir;
}

const anonid_dir_t *anonid_dir(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &anonid_module);
}

const anonid_dir_t *anonid_dir_of_server(const server_rec *s)
{
    return ap_get_module_config(s->lookup_defaults, &anonid_module);
}

static apr_pool_t *config_pool(void)
{
    return global->accounts->pool;
}

/* Names that denote the same account have the same key: the domain part in
 * lower case. 0 if the name is too long to be an account's. */
static int account_key(char key[ANONID_NAME_MAX + 1], const char *name)
{
    char *end;

    if (strlen(name) > ANONID_NAME_MAX)
        return 0;
    strcpy(key, name);
    end = strchr(key, '@');
    if (end)
        ap_str_tolower(end);
    end = strchr(key, '\\');
    if (end) {
        *end = '\0';
        ap_str_tolower(key);
        *end = '\\';
    }
    return 1;
}

anonid_account_t *anonid_global_account(const char *name)
{
    char key[ANONID_NAME_MAX + 1];

    if (!account_key(key, name))
        return NULL;
    return apr_hash_get(global->accounts_by_key, key, APR_HASH_KEY_STRING);
}

anonid_service_t *anonid_global_service(const char *name)
{
    return apr_hash_get(global->services_by_name, name, APR_HASH_KEY_STRING);
}

void anonid_global_add_account(anonid_account_t *account,
                               const ap_directive_t *directive)
{
    char key[ANONID_NAME_MAX + 1] = "";

    account_key(key, account->name);
    APR_ARRAY_PUSH(global->accounts, anonid_account_t *) = account;
    apr_hash_set(global->accounts_by_key, apr_pstrdup(config_pool(), key),
                 APR_HASH_KEY_STRING, account);
    anonid_global_define(account, directive);
}

void anonid_global_add_service(anonid_service_t *service,
                               const ap_directive_t *directive)
{
    APR_ARRAY_PUSH(global->services, anonid_service_t *) = service;
    apr_hash_set(global->services_by_name, service->name, APR_HASH_KEY_STRING,
                 service);
    anonid_global_define(service, directive);
}

/* What is defined is its own key: by its address. */
void anonid_global_define(const void *defined, const ap_directive_t *directive)
{
    const void **key = apr_pmemdup(config_pool(), &defined, sizeof(defined));

    apr_hash_set(global->definitions, key, sizeof(*key), directive);
}

const ap_directive_t *anonid_global_definition(const void *defined)
{
    return apr_hash_get(global->definitions, &defined, sizeof(defined));
}

void anonid_global_add_reference(anonid_reference_t *reference)
{
    anonid_server_t *server =
        ap_get_module_config(reference->server->module_config, &anonid_module);

    if (!server->references)
        server->references =
            apr_array_make(config_pool(), 2, sizeof(anonid_reference_t *));
    APR_ARRAY_PUSH(server->references, anonid_reference_t *) = reference;
    APR_ARRAY_PUSH(global->references, anonid_reference_t *) = reference;
}
