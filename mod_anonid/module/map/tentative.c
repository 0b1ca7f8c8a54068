/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tentative authorization: see tentative.h.
 *
 * A denial would write an error line and put a challenge into the response
 * (mod_auth_basic's WWW-Authenticate, mod_auth_form's no-store); modules may
 * leave notes and variables for their own later phases. So the tables are
 * copies while authorization runs, and are thrown away.
 */
#include "module/map/tentative.h"

#include <http_log.h>
#include <http_request.h>

static const struct ap_logconf silence = { NULL, APLOG_EMERG };

typedef struct {
    const struct ap_logconf *log;
    apr_table_t *headers_in;
    apr_table_t *headers_out;
    apr_table_t *err_headers_out;
    apr_table_t *subprocess_env;
    apr_table_t *notes;
    char *user;
    char *auth_type;
} traces_t;

static traces_t remember(const request_rec *r)
{
    return (traces_t){ r->log,
                       r->headers_in,
                       r->headers_out,
                       r->err_headers_out,
                       r->subprocess_env,
                       r->notes,
                       r->user,
                       r->ap_auth_type };
}

static void restore(request_rec *r, const traces_t *traces)
{
    r->log = traces->log;
    r->headers_in = traces->headers_in;
    r->headers_out = traces->headers_out;
    r->err_headers_out = traces->err_headers_out;
    r->subprocess_env = traces->subprocess_env;
    r->notes = traces->notes;
    r->user = traces->user;
    r->ap_auth_type = traces->auth_type;
}

int anonid_authorize_tentatively(request_rec *r)
{
    traces_t traces = remember(r);
    int status;

    r->log = &silence;
    r->headers_in = apr_table_copy(r->pool, r->headers_in);
    r->headers_out = apr_table_copy(r->pool, r->headers_out);
    r->err_headers_out = apr_table_copy(r->pool, r->err_headers_out);
    r->subprocess_env = apr_table_copy(r->pool, r->subprocess_env);
    r->notes = apr_table_copy(r->pool, r->notes);
    status = ap_run_auth_checker(r);
    restore(r, &traces);
    return status;
}
