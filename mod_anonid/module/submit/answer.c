/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers; see answer.h.
 */
#include "module/submit/answer.h"
#include "module/text/accept.h"
#include "module/submit/page.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <jansson.h>
#include <stdlib.h>

/* The pages have no script, no style and no image of their own; a site may
 * show the form in a frame of its own. */
#define CONTENT_SECURITY_POLICY                                               \
    "default-src 'none'; form-action 'self'; base-uri 'none'; "               \
    "frame-ancestors 'self'"

#define HTML "text/html; charset=utf-8"

static void set_headers(request_rec *r, int status, const char *type)
{
    r->status = status;
    r->status_line = NULL;
    ap_set_content_type(r, type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   CONTENT_SECURITY_POLICY);
    apr_table_mergen(r->headers_out, "Vary", "Accept");
}

static int prefers_html(const request_rec *r)
{
    return anonid_accept_prefers_html(apr_table_get(r->headers_in, "Accept"));
}

int anonid_answer_form(request_rec *r, const anonid_service_t *service,
                       const anonid_draft_t *draft)
{
    set_headers(r, HTTP_OK, HTML);
    anonid_page_form(r, service, draft, NULL);
    return OK;
}

/* Writes a document and frees it. */
static void put_json(request_rec *r, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);

    if (text)
        ap_rvputs(r, text, "\n", NULL);
    free(text);
    json_decref(document);
}

/* A string as it may be shown: what reads the answer may print it. */
static json_t *json_text(apr_pool_t *pool, const char *text)
{
    char *copy = apr_pstrdup(pool, text);

    anonid_text_clean(copy);
    return json_string(copy);
}

static json_t *json_accepted(apr_pool_t *pool,
                             const apr_array_header_t *accepted)
{
    json_t *list = json_array();

    for (int i = 0; i < accepted->nelts; i++)
        json_array_append_new(
            list, json_text(pool, APR_ARRAY_IDX(accepted, i, const char *)));
    return list;
}

static json_t *json_rejected(apr_pool_t *pool,
                             const apr_array_header_t *rejected)
{
    json_t *list = json_array();

    for (int i = 0; i < rejected->nelts; i++) {
        const anonid_rejection_t *rejection =
            &APR_ARRAY_IDX(rejected, i, anonid_rejection_t);
        json_t *item = json_object();

        json_object_set_new(item, "to", json_text(pool, rejection->alias));
        json_object_set_new(item, "reply", json_text(pool, rejection->reply));
        json_array_append_new(list, item);
    }
    return list;
}

int anonid_answer_sent(request_rec *r, const anonid_receipt_t *receipt,
                       const char *message_id)
{
    json_t *document;

    if (prefers_html(r)) {
        set_headers(r, HTTP_OK, HTML);
        anonid_page_sent(r, receipt, message_id);
        return OK;
    }
    set_headers(r, HTTP_OK, "application/json");
    document = json_object();
    json_object_set_new(document, "accepted",
                        json_accepted(r->pool, receipt->accepted));
    json_object_set_new(document, "rejected",
                        json_rejected(r->pool, receipt->rejected));
    json_object_set_new(document, "message_id",
                        json_text(r->pool, message_id));
    put_json(r, document);
    return OK;
}

static json_t *json_problem(apr_pool_t *pool, const anonid_problem_t *problem)
{
    json_t *document = json_object();

    json_object_set_new(document, "status", json_integer(problem->status));
    json_object_set_new(
        document, "title",
        json_text(pool, ap_get_status_line(problem->status) + 4));
    json_object_set_new(document, "detail", json_text(pool, problem->detail));
    if (problem->field)
        json_object_set_new(document, "field",
                            json_text(pool, problem->field));
    if (problem->rejected && problem->rejected->nelts > 0)
        json_object_set_new(document, "rejected",
                            json_rejected(pool, problem->rejected));
    return document;
}

int anonid_answer_problem(request_rec *r, const anonid_service_t *service,
                          const anonid_draft_t *draft,
                          const anonid_problem_t *problem)
{
    int html = prefers_html(r);

    set_headers(r, problem->status, html ? HTML : "application/problem+json");
    if (problem->retry_after > 0)
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(r->pool, problem->retry_after));
    if (html)
        anonid_page_form(r, draft ? service : NULL, draft, problem);
    else
        put_json(r, json_problem(r->pool, problem));
    return OK;
}
