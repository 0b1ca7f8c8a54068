/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `Require valid-user`, which an anonymous visitor is not.
 *
 * mod_authz_user's provider is true for any r->user, so mapping would open
 * every such area. It is wrapped under its own name: after the modules are
 * loaded and before the first Require is read, both of which pre_config lies
 * between. Owns rule 4; does not know who is mapped and why.
 */
#include "module/config/config.h"
#include "module/map/explain.h"
#include "module/map/map.h"

#include <ap_provider.h>
#include <http_log.h>
#include <mod_auth.h>

APLOG_USE_MODULE(anonid);

#define VALID_USER "valid-user"

/* Set while the configuration is read, read-only afterwards. */
static const authz_provider *wrapped;

static authz_status check(request_rec *r, const char *args, const void *parsed)
{
    const anonid_account_t *account = anonid_mapped_account(r);

    if (!account || anonid_dir(r)->valid_user == 1)
        return wrapped->check_authorization(r, args, parsed);
    anonid_explain(r,
                   "%s: the anonymous account '%s' is not a valid-user "
                   "(AnonIDValidUser Off)",
                   r->uri, account->name);
    return AUTHZ_DENIED;
}

static const char *parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    if (!wrapped->parse_require_line)
        return NULL;
    return wrapped->parse_require_line(cmd, args, parsed);
}

static const authz_provider wrapper = { check, parse };

/* Not ap_register_auth_provider: that counts one provider more, while
 * replacing one adds none, and httpd compares the two numbers. */
static int hook_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp)
{
    const authz_provider *provider = ap_lookup_provider(
        AUTHZ_PROVIDER_GROUP, VALID_USER, AUTHZ_PROVIDER_VERSION);

    (void)plog;
    (void)ptemp;
    if (!provider || provider == &wrapper)
        return OK;
    wrapped = provider;
    ap_register_provider(pconf, AUTHZ_PROVIDER_GROUP, VALID_USER,
                         AUTHZ_PROVIDER_VERSION, &wrapper);
    return OK;
}

void anonid_valid_user_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_config(hook_pre_config, NULL, NULL, APR_HOOK_REALLY_LAST);
}
