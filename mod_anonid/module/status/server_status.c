/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A section in mod_status' page, and keys in its ?auto: short, sorted by name,
 * one "Key: value" a line, as its readers expect. AnonIDServerStatus Off takes
 * it away.
 */
#include "module/status/status.h"
#include "module/config/config.h"
#include "module/status/view.h"

#include "common/text.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>

static const char *clean(request_rec *r, const char *text)
{
    char *shown = apr_pstrdup(r->pool, text);

    anonid_text_clean(shown);
    return shown;
}

static uint64_t messages(const anonid_status_view_t *view, int sent)
{
    uint64_t n = 0;

    ANONID_EACH(anonid_service_view_t, s, view->services)
    {
        for (int i = 0; anonid_submit_result_name(i); i++)
            n += (i == 0) == sent ? s->results[i] : 0;
    }
    return n;
}

static void put_keys(request_rec *r, const anonid_status_view_t *view)
{
    int i = 0;

    ap_rprintf(r,
               "AnonIDAgentUp: %d\nAnonIDAccounts: %d\n"
               "AnonIDAccountsLoggedOn: %d\n",
               view->agent_pid != 0, view->accounts->nelts,
               anonid_status_view_logged_on(view));
    ap_rprintf(r,
               "AnonIDMessagesSent: %" APR_UINT64_T_FMT
               "\nAnonIDMessagesNotSent: %" APR_UINT64_T_FMT "\n",
               messages(view, 1), messages(view, 0));
    ANONID_EACH(anonid_account_view_t, a, view->accounts)
    {
        ap_rprintf(r,
                   "AnonIDAccount[%d]Name: %s\nAnonIDAccount[%d]State: %s\n"
                   "AnonIDAccount[%d]Code: %d\n"
                   "AnonIDAccount[%d]MailRefused: %d\n",
                   i, clean(r, a->account->name), i,
                   anonid_state_name(a->state), i, (int)a->code, i,
                   a->refused != NULL);
        i++;
    }
}

static void put_row(request_rec *r, const anonid_account_view_t *a)
{
    ap_rvputs(r, "<tr><td>",
              ap_escape_html(r->pool, clean(r, a->account->name)), "</td><td>",
              anonid_provider_name(a->account->provider), "</td><td>",
              anonid_state_name(a->state), NULL);
    if (a->code != ANONID_LOGON_OK)
        ap_rprintf(r, " (%d: %s)", (int)a->code,
                   anonid_failure_info(a->code)->text);
    if (a->refused)
        ap_rvputs(r, ", refused by mail server ",
                  ap_escape_html(r->pool, clean(r, a->refused->refused_by
                                                       ? a->refused->refused_by
                                                       : "")),
                  NULL);
    ap_rputs("</td></tr>\n", r);
}

static void put_section(request_rec *r, const anonid_status_view_t *view)
{
    ap_rputs("<hr>\n<h2>Anonymous accounts</h2>\n", r);
    if (view->agent_pid == 0)
        ap_rputs("<p>The agent is not there, or does not respond.</p>\n", r);
    ap_rputs("<table border=\"0\"><tr><th>Account</th><th>Provider</th>"
             "<th>State</th></tr>\n",
             r);
    ANONID_EACH(anonid_account_view_t, a, view->accounts)
    {
        put_row(r, a);
    }
    ap_rprintf(r,
               "</table>\n<p>Messages sent: %" APR_UINT64_T_FMT
               ", not sent: %" APR_UINT64_T_FMT "</p>\n",
               messages(view, 1), messages(view, 0));
}

static int hook_status(request_rec *r, int flags)
{
    const anonid_status_view_t *view;

    if (!anonid_global()->server_status
        || anonid_global()->accounts->nelts == 0)
        return OK;
    view = anonid_status_view(r->pool);
    if (flags & AP_STATUS_SHORT)
        put_keys(r, view);
    else
        put_section(r, view);
    return OK;
}

void anonid_server_status_register(apr_pool_t *p)
{
    (void)p;
    APR_OPTIONAL_HOOK(ap, status_hook, hook_status, NULL, NULL,
                      APR_HOOK_MIDDLE);
}
