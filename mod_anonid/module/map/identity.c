/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications and back ends see of a mapped request: see identity.h.
 */
#include "module/map/identity.h"
#include "module/config/config.h"
#include "module/map/map.h"

#include <http_protocol.h>

#define ENV_ACCOUNT "ANONID_ACCOUNT"

/* Field names that back ends take an identity from. */
static const struct {
    const char *name;
    int is_prefix;
} forgeable[] = {
    { "remote-user", 0 },
    { "x-remote-user", 0 },
    { "x-forwarded-user", 0 },
    { "anonid-", 1 },
};

/* CGI variables by which a request's identity is handed down: to sub-requests
 * as they are, to redirects with a prefix. */
static const char *const handed_down[] = {
    "REMOTE_USER",          "AUTH_TYPE",          ENV_ACCOUNT,
    "REDIRECT_REMOTE_USER", "REDIRECT_AUTH_TYPE", ("REDIRECT_" ENV_ACCOUNT),
};

#define N_FORGEABLE (sizeof(forgeable) / sizeof(forgeable[0]))
#define N_HANDED_DOWN (sizeof(handed_down) / sizeof(handed_down[0]))

/* Field names are equal for CGI, WSGI and their like when they differ only in
 * case and in '-' or '_'. */
static char canonical(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '_' ? '-' : c;
}

static int names_field(const char *field, const char *name, int is_prefix)
{
    while (*name && canonical(*field) == *name) {
        field++;
        name++;
    }
    return *name == '\0' && (is_prefix || *field == '\0');
}

/* Every mapped request comes here with all its fields: most end at their
 * first letter. */
static int is_forgeable(const char *field)
{
    char first = canonical(*field);
    size_t i;

    for (i = 0; i < N_FORGEABLE; i++) {
        if (first == *forgeable[i].name
            && names_field(field, forgeable[i].name, forgeable[i].is_prefix))
            return 1;
    }
    return 0;
}

/* The next forgeable field in the table, or NULL. */
static const char *find_forged(const apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i;

    for (i = 0; i < array->nelts; i++) {
        if (entries[i].key && is_forgeable(entries[i].key))
            return entries[i].key;
    }
    return NULL;
}

void anonid_identity_remove_forged(request_rec *r)
{
    const char *field = find_forged(r->headers_in);

    while (field) {
        apr_table_unset(r->headers_in, field);
        field = find_forged(r->headers_in);
    }
}

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
