/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-status: who sees it, which part of it and in which form.
 * How a form looks is its face's.
 */
#include "module/status/status.h"
#include "module/config/config.h"
#include "module/status/faces.h"
#include "module/text/accept.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

APLOG_USE_MODULE(anonid);

/* The page has one style sheet of its own, and nothing else. */
#define CONTENT_SECURITY_POLICY                                               \
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "        \
    "form-action 'none'; frame-ancestors 'none'"

typedef struct {
    const char *name;   /* in ?format= */
    const char *accept; /* what asks for it */
    const char *type;   /* of the answer */
    void (*show)(request_rec *r, const anonid_status_view_t *view);
} format_t;

/* In order of preference, where all are welcome. */
static const format_t formats[] = {
    { "json", "application/json", "application/json", anonid_status_json },
    { "html", "text/html", "text/html; charset=utf-8", anonid_status_html },
    { "prometheus", "text/plain", "text/plain; version=0.0.4; charset=utf-8",
      anonid_status_metrics },
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* "format=NAME", alone or among others; "": no such thing is there. */
static const char *asked_format(const request_rec *r)
{
    const char *args = r->args ? r->args : "";

    while (*args) {
        size_t length = strcspn(args, "&");

        if (strncmp(args, "format=", 7) == 0)
            return apr_pstrmemdup(r->pool, args + 7, length - 7);
        args += length + (args[length] == '&');
    }
    return "";
}

static const format_t *format_by_name(const char *name)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

static const format_t *format_by_accept(const request_rec *r)
{
    const char *types[N_FORMATS];

    for (size_t i = 0; i < N_FORMATS; i++)
        types[i] = formats[i].accept;
    return &formats[anonid_accept_best(apr_table_get(r->headers_in, "Accept"),
                                       types, N_FORMATS)];
}

/* Of the section's own: one that is inherited was meant for something else,
 * and on many servers it is "all granted". */
static int is_guarded(const request_rec *r)
{
    return anonid_dir(r)->status_guard == 1;
}

static int forbid(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  ANONID_LOGNO(0510) "%s: the status is not shown, because "
                                     "it says who may see it nowhere: write "
                                     "Require (\"Require local\", say) into "
                                     "the section that has SetHandler "
                                     "anonid-status",
                  r->uri);
    return HTTP_FORBIDDEN;
}

static void set_headers(request_rec *r, const format_t *format)
{
    ap_set_content_type(r, format->type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   CONTENT_SECURITY_POLICY);
    apr_table_mergen(r->headers_out, "Vary", "Accept");
}

static int hook_handler(request_rec *r)
{
    const format_t *format;
    anonid_status_view_t *view;
    const char *name;

    if (!r->handler || strcmp(r->handler, ANONID_STATUS_HANDLER) != 0)
        return DECLINED;
    if (!is_guarded(r))
        return forbid(r);
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    name = asked_format(r);
    format = *name ? format_by_name(name) : format_by_accept(r);
    if (!format)
        return HTTP_BAD_REQUEST;
    view = anonid_status_view(r->pool);
    if (r->path_info && r->path_info[0] && r->path_info[1]
        && !anonid_status_view_pick(view, r->path_info))
        return HTTP_NOT_FOUND;
    set_headers(r, format);
    if (!r->header_only)
        format->show(r, view);
    return OK;
}

void anonid_status_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(hook_handler, NULL, NULL, APR_HOOK_MIDDLE);
}
