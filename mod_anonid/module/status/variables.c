/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables for logs and expressions. Each is there as %{NAME} in every
 * expression (<If>, Header ...), and as an environment variable in time for
 * the access log (%{NAME}e).
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

static const struct variable_t {
    const char *name;
    const char *(*value)(const request_rec *r);
} variables[] = {
    { "ANONID_ACCOUNT", account_name },  { "ANONID_STATE", account_state },
    { "ANONID_CODE", account_code },     { "ANONID_SERVICE", service_name },
    { "ANONID_MESSAGE_ID", message_id }, { "ANONID_REPLY", reply },
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

/* ---- the environment, for logs that want it ---- */

/* What nobody else puts there. A request is not to pay for what no format has
 * in it. */
static struct {
    const char *name;
    const char *(*value)(const request_rec *r);
    int wanted;
} logged[] = {
    { "ANONID_STATE", account_state, 0 },
    { "ANONID_CODE", account_code, 0 },
    { "ANONID_SERVICE", service_name, 0 },
};

#define N_LOGGED (sizeof(logged) / sizeof(logged[0]))

static int any_wanted;

static int is_of_logs(const char *directive)
{
    static const char *const names[] = { "LogFormat", "CustomLog", "GlobalLog",
                                         "TransferLog", "ErrorLogFormat" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ap_cstr_casecmp(directive, names[i]) == 0)
            return 1;
    }
    return 0;
}

static void look_for_formats(const ap_directive_t *at)
{
    for (; at; at = at->next) {
        for (size_t i = 0; is_of_logs(at->directive) && i < N_LOGGED; i++) {
            if (ap_strcasestr(at->args, logged[i].name))
                logged[i].wanted = any_wanted = 1;
        }
        look_for_formats(at->first_child);
    }
}

static int hook_check_config(apr_pool_t *p, apr_pool_t *plog,
                             apr_pool_t *ptemp, server_rec *s)
{
    (void)p;
    (void)plog;
    (void)ptemp;
    (void)s;
    look_for_formats(ap_conftree);
    return OK;
}

/* What the answer came from is the last of a request's redirects; that is
 * where the log looks, too. */
static int hook_log_transaction(request_rec *r)
{
    if (!any_wanted)
        return DECLINED;
    while (r->next)
        r = r->next;
    for (size_t i = 0; i < N_LOGGED; i++) {
        const char *value = logged[i].wanted ? logged[i].value(r) : NULL;

        if (value)
            apr_table_setn(r->subprocess_env, logged[i].name, value);
    }
    return DECLINED;
}

void anonid_variables_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_check_config(hook_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_expr_lookup(hook_expr_lookup, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(hook_log_transaction, NULL, NULL, APR_HOOK_FIRST);
}
