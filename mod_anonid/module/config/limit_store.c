/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDLimitStore and AnonIDLimitStoreSecret: where machines share their
 * limits. What an URL of a store looks like is common/shared_store.c's.
 */
#include "module/config/certificate_file.h"
#include "module/config/config.h"
#include "module/config/directives.h"
#include "module/config/secret_source.h"

#include <apr_strings.h>

/* The global store, made when the first of its directives comes. */
static anonid_shared_store_t *get_store(cmd_parms *cmd)
{
    anonid_global_t *global = anonid_global();

    if (!global->limit_store)
        global->limit_store =
            apr_pcalloc(cmd->pool, sizeof(*global->limit_store));
    return global->limit_store;
}

static const char *set_ca(cmd_parms *cmd, anonid_shared_store_t *store,
                          const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *wrong;

    if (!path || *value == '\0')
        return "AnonIDLimitStore ca= names no file; write ca=/path/of/ca.pem";
    wrong = anonid_certificate_file_check(cmd->temp_pool, path);
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDLimitStore ca=%s: the file %s",
                            path, wrong);
    store->ca_file = path;
    return NULL;
}

static const char *set_word(cmd_parms *cmd, anonid_shared_store_t *store,
                            const char *word)
{
    if (store->server.tls == ANONID_TLS_NONE)
        return apr_psprintf(cmd->pool,
                            "AnonIDLimitStore '%s': redis:// is without TLS; "
                            "write rediss://, or remove the option",
                            word);
    if (ap_cstr_casecmpn(word, "ca=", 3) == 0 && !store->ca_file)
        return set_ca(cmd, store, word + 3);
    if (ap_cstr_casecmpn(word, "name=", 5) == 0 && word[5]
        && !store->tls_name) {
        store->tls_name = word + 5;
        return NULL;
    }
    return apr_psprintf(cmd->pool,
                        "AnonIDLimitStore '%s': behind the URL write ca=FILE "
                        "(whom to trust), name=HOST (the name in the "
                        "certificate), or both, each once",
                        word);
}

const char *anonid_set_limit_store(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    anonid_shared_store_t *store, parsed;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDLimitStore takes a URL, for example "
               "rediss://redis.example.com";
    error = anonid_shared_store_parse(&parsed, argv[0], cmd->pool);
    if (error)
        return apr_psprintf(cmd->pool, "AnonIDLimitStore: %s", error);
    store = get_store(cmd);
    if (store->url)
        return "AnonIDLimitStore is given twice: there is one store; remove "
               "one of them";
    parsed.secret = store->secret;
    *store = parsed;
    anonid_global_define(&anonid_global()->limit_store, cmd->directive);
    for (int i = 1; i < argc && !error; i++)
        error = set_word(cmd, store, argv[i]);
    return error;
}

/* An error about AnonIDSecret is about this one. */
static const char *of_store(cmd_parms *cmd, const char *error)
{
    static const char other[] = "AnonIDSecret";

    if (!error || strncmp(error, other, strlen(other)) != 0)
        return error;
    return apr_pstrcat(cmd->pool, "AnonIDLimitStoreSecret",
                       error + strlen(other), NULL);
}

const char *anonid_set_limit_store_secret(cmd_parms *cmd, void *dir, int argc,
                                          char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    anonid_shared_store_t *store;

    (void)dir;
    if (error)
        return error;
    if (argc != 1)
        return "AnonIDLimitStoreSecret takes one argument, the place of the "
               "secret; put a source with blanks into quotes (what was "
               "written here is not repeated)";
    if (ap_cstr_casecmpn(argv[0], "keytab:", 7) == 0)
        return "AnonIDLimitStoreSecret keytab: a keytab holds no password; "
               "write file:PATH, exec:COMMAND or credential:NAME";
    store = get_store(cmd);
    error = anonid_secret_source_parse(cmd->pool, argv[0], &store->secret);
    if (!error)
        error = anonid_secret_source_check(cmd->pool, store->secret);
    return of_store(cmd, error);
}
