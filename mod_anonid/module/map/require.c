/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `Require anonid [name...]`: true for a request that is mapped, to one of
 * the accounts if any are named.
 *
 * Owns the authorization provider. A section may name accounts that are
 * defined further down, so names are looked up when the configuration has
 * been read; in .htaccess files, at once.
 */
#include "module/config/config.h"
#include "module/map/map.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "common/lognos.h"

APLOG_USE_MODULE(anonid);

typedef struct {
    apr_array_header_t *names;    /* const char * */
    apr_array_header_t *accounts; /* const anonid_account_t *, of the names */
    const ap_directive_t *directive;
} require_t;

/* require_t *, whose names are not looked up yet; of this configuration. */
static apr_array_header_t *pending;

static authz_status check(request_rec *r, const char *args, const void *parsed)
{
    const anonid_account_t *account = anonid_mapped_account(r);
    const require_t *require = parsed;
    int i;

    (void)args;
    if (!account)
        return r->user ? AUTHZ_DENIED : AUTHZ_DENIED_NO_USER;
    if (require->names->nelts == 0)
        return AUTHZ_GRANTED;
    for (i = 0; i < require->accounts->nelts; i++) {
        if (APR_ARRAY_IDX(require->accounts, i, const anonid_account_t *)
            == account)
            return AUTHZ_GRANTED;
    }
    return AUTHZ_DENIED;
}

/* NULL, or the first name that is no account's. */
static const char *look_up(require_t *require)
{
    int i;

    for (i = 0; i < require->names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(require->names, i, const char *);
        const anonid_account_t *account = anonid_global_account(name);

        if (!account)
            return name;
        APR_ARRAY_PUSH(require->accounts, const anonid_account_t *) = account;
    }
    return NULL;
}

static const char *unknown_error(apr_pool_t *p, const char *name)
{
    return apr_psprintf(p,
                        "Require anonid: there is no account '%s'; define it "
                        "with <AnonIDAccount \"%s\">, or correct the name",
                        name, name);
}

static const char *parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    require_t *require = apr_pcalloc(cmd->pool, sizeof(*require));
    const char *name;

    require->names = apr_array_make(cmd->pool, 1, sizeof(const char *));
    require->accounts =
        apr_array_make(cmd->pool, 1, sizeof(const anonid_account_t *));
    require->directive = cmd->directive;
    *parsed = require;
    for (name = ap_getword_conf(cmd->pool, &args); *name;
         name = ap_getword_conf(cmd->pool, &args))
        APR_ARRAY_PUSH(require->names, const char *) = name;
    if (!ap_check_cmd_context(cmd, NOT_IN_HTACCESS)) {
        APR_ARRAY_PUSH(pending, require_t *) = require;
        return NULL;
    }
    name = look_up(require);
    return name ? unknown_error(cmd->pool, name) : NULL;
}

static const authz_provider provider = { check, parse };

static int hook_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    pending = apr_array_make(pconf, 4, sizeof(require_t *));
    return OK;
}

/* After the accounts are complete. */
static int hook_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp, server_rec *s)
{
    int i;

    (void)pconf;
    (void)plog;
    for (i = 0; i < pending->nelts; i++) {
        require_t *require = APR_ARRAY_IDX(pending, i, require_t *);
        const char *name = look_up(require);

        if (!name)
            continue;
        ap_log_error(APLOG_MARK, APLOG_EMERG | APLOG_STARTUP, 0, s,
                     ANONID_LOGNO(0102) "Configuration error on line %d of "
                                        "%s: %s",
                     require->directive->line_num,
                     require->directive->filename, unknown_error(ptemp, name));
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

void anonid_require_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "anonid",
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_pre_config(hook_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(hook_check_config, NULL, NULL, APR_HOOK_LAST);
}
