/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables for logs and expressions. Each is there as %{NAME} in every
 * expression (<If>, Header, LogFormat "%{expr:...}"...), and as an environment
 * variable in time for the access log (%{NAME}e).
 *
 *   ANONID_ACCOUNT     whom the request is mapped to
 *   ANONID_STATE       how the account stands that it is mapped to, or would
 *   ANONID_CODE        be: "logged on"; Windows' code of its last failure, 0
 *                      is good
 *   ANONID_SERVICE     the mail service that is used here
 *   ANONID_MESSAGE_ID  of the message that the request has sent
 *   ANONID_REPLY       code of the mail server's last reply
 *
 * The last two, as submit/result.c has set them.
 */
#include "module/status/status.h"
#include "module/config/config.h"
#include "module/map/map.h"
#include "module/supervisor/parent.h"

#include "common/account_status.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* Whom the request is mapped to; or, where that is not decided yet or the
 * account is not logged on, whom AnonIDMapTo names. */
static const anonid_account_t *account_of(const request_rec *r)
{
    const anonid_account_t *account = anonid_mapped_account(r);
    const anonid_reference_t *map_to = anonid_dir(r)->map_to;

    return account ? account : map_to ? map_to->account : NULL;
}

static const char *account_name(const request_rec *r)
{
    const anonid_account_t *account = anonid_mapped_account(r);

    return account ? account->name : NULL;
}

static const char *account_state(const request_rec *r)
{
    const anonid_account_t *account = account_of(r);
    const anonid_status_table_t *table = anonid_parent_status();

    return account && table
               ? anonid_state_name(anonid_status_state(table, account->slot))
               : NULL;
}

static const char *account_code(const request_rec *r)
{
    const anonid_account_t *account = account_of(r);
    const anonid_status_table_t *table = anonid_parent_status();
    anonid_failure_t code;

    if (!account || !table)
        return NULL;
    code = anonid_status_code(table, account->slot);
    return code == ANONID_LOGON_OK ? "0" : apr_itoa(r->pool, (int)code);
}

static const char *service_name(const request_rec *r)
{
    const anonid_reference_t *mail = anonid_dir(r)->mail;

    return mail && mail->service ? mail->service->name : NULL;
}

static const char *message_id(const request_rec *r)
{
    return apr_table_get(r->subprocess_env, "ANONID_MESSAGE_ID");
}

static const char *reply(const request_rec *r)
{
    return apr_table_get(r->subprocess_env, "ANONID_REPLY");
}

/* logged: what the log finds in the environment, which nobody else sets. */
static const struct variable_t {
    const char *name;
    const char *(*value)(const request_rec *r);
    int logged;
} variables[] = {
    { "ANONID_ACCOUNT", account_name, 0 },
    { "ANONID_STATE", account_state, 1 },
    { "ANONID_CODE", account_code, 1 },
    { "ANONID_SERVICE", service_name, 0 },
    { "ANONID_MESSAGE_ID", message_id, 0 },
    { "ANONID_REPLY", reply, 0 },
};

#define N_VARIABLES (sizeof(variables) / sizeof(variables[0]))

static const char *evaluate(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const struct variable_t *variable = data;
    const char *value = ctx->r ? variable->value(ctx->r) : NULL;

    return value ? value : "";
}

static int hook_expr_lookup(ap_expr_lookup_parms *parms)
{
    if (parms->type != AP_EXPR_FUNC_VAR)
        return DECLINED;
    for (size_t i = 0; i < N_VARIABLES; i++) {
        if (ap_cstr_casecmp(parms->name, variables[i].name) != 0)
            continue;
        *parms->func = (const void *)evaluate;
        *parms->data = &variables[i];
        return OK;
    }
    return DECLINED;
}

/* What the answer came from is the last of a request's redirects; that is
 * where the log looks, too. */
static int hook_log_transaction(request_rec *r)
{
    while (r->next)
        r = r->next;
    if (!account_of(r))
        return DECLINED;
    for (size_t i = 0; i < N_VARIABLES; i++) {
        const char *value = variables[i].logged ? variables[i].value(r) : NULL;

        if (value)
            apr_table_setn(r->subprocess_env, variables[i].name, value);
    }
    return DECLINED;
}

void anonid_variables_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_expr_lookup(hook_expr_lookup, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(hook_log_transaction, NULL, NULL, APR_HOOK_FIRST);
}
