/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that somebody asks about; see probe.h.
 *
 * The quick handler is the one hook that comes before all phases and may take
 * their place. It costs a request that nobody asks about one look at its
 * header fields.
 */
#include "module/probe/probe.h"
#include "module/probe/report.h"
#include "module/probe/token.h"
#include "module/map/explain.h"
#include "module/supervisor/parent.h"

#include <http_protocol.h>
#include <http_request.h>

#define FIELD "Anonid-Check"

/* Nobody but an operator can make the agent expect a token, so visitors who
 * invent some cause no question to it. */
static int is_authorized(const char *token)
{
    const anonid_status_table_t *table = anonid_parent_status();

    return table && anonid_status_expects_check(table)
           && anonid_check_token_redeem(anonid_parent_agent_socket(), token)
                  == APR_SUCCESS;
}

static int answer(request_rec *r)
{
    apr_array_header_t *lines = apr_array_make(r->pool, 4, sizeof(char *));
    int status;

    anonid_explain_lines = lines;
    status = ap_process_request_internal(r);
    anonid_explain_lines = NULL;
    if (status == DONE || status == SUSPENDED)
        return status; /* a module has answered by itself */
    (void)ap_discard_request_body(r);
    return anonid_check_report(r, status, lines);
}

static int hook_quick_handler(request_rec *r, int lookup)
{
    const char *token = apr_table_get(r->headers_in, FIELD);

    if (!token || lookup)
        return DECLINED;
    apr_table_unset(r->headers_in, FIELD);
    return is_authorized(token) ? answer(r) : DECLINED;
}

void anonid_check_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_quick_handler(hook_quick_handler, NULL, NULL,
                          APR_HOOK_REALLY_FIRST);
}
