/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications and back ends see of a mapped request: see identity.h.
 */
#include "module/map/identity.h"
#include "module/config/config.h"
#include "module/map/map.h"

#include <http_protocol.h>

#define ENV_ACCOUNT "ANONID_ACCOUNT"

/* CGI variables by which a request's identity is handed down: to sub-requests
 * as they are, to redirects with a prefix. */
static const char *const handed_down[] = {
    "REMOTE_USER",          "AUTH_TYPE",          ENV_ACCOUNT,
    "REDIRECT_REMOTE_USER", "REDIRECT_AUTH_TYPE", ("REDIRECT_" ENV_ACCOUNT),
};

#define N_HANDED_DOWN (sizeof(handed_down) / sizeof(handed_down[0]))

static const char *remote_user(const request_rec *r,
                               const anonid_account_t *account)
{
    const anonid_remote_user_t *configured = anonid_dir(r)->remote_user;

    if (!configured)
        return account->name;
    if (configured->none)
        return NULL;
    return configured->text ? configured->text : account->name;
}

void anonid_identity_show(request_rec *r, anonid_mapping_t *mapping)
{
    if (!mapping->account) {
        apr_table_unset(r->subprocess_env, ENV_ACCOUNT);
        return;
    }
    mapping->user = remote_user(r, mapping->account);
    r->user = (char *)mapping->user;
    apr_table_setn(r->subprocess_env, ENV_ACCOUNT, mapping->account->name);
}

/* httpd gives a redirect's CGI program REDIRECT_REMOTE_USER from here. The
 * access log gets it back. */
static int forget_user(request_rec *r)
{
    if (!anonid_mapped_account(r))
        return 0;
    r->user = NULL;
    return 1;
}

void anonid_identity_forget_origin(request_rec *r)
{
    int forgotten = r->main && anonid_mapped_account(r->main);
    request_rec *before;
    size_t i;

    for (before = r->prev; before; before = before->prev)
        forgotten |= forget_user(before);
    for (i = 0; forgotten && i < N_HANDED_DOWN; i++)
        apr_table_unset(r->subprocess_env, handed_down[i]);
}

/* Logs name the account, whatever applications see. */
static int hook_log_transaction(request_rec *r)
{
    const anonid_account_t *account;

    while (r->prev)
        r = r->prev;
    for (; r; r = r->next) {
        account = anonid_mapped_account(r);
        if (account)
            r->user = (char *)account->name;
    }
    return DECLINED;
}

void anonid_identity_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_log_transaction(hook_log_transaction, NULL, NULL, APR_HOOK_FIRST);
}
