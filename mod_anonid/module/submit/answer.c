/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers; see answer.h.
 */
#include "module/submit/answer.h"
#include "module/text/accept.h"
#include "module/submit/describe.h"
#include "module/submit/look.h"
#include "module/submit/page.h"
#include "module/submit/robots.h"
#include "module/submit/thanks.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <jansson.h>
#include <stdlib.h>

#define HTML "text/html; charset=utf-8"

static void set_headers(request_rec *r, int status, const char *type)
{
    r->status = status;
    r->status_line = NULL;
    ap_set_content_type(r, type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   anonid_look_policy(r));
    apr_table_setn(r->headers_out, "Referrer-Policy", "same-origin");
    apr_table_mergen(r->headers_out, "Vary", "Accept");
}

/* Answers with a page, in the language that its visitor wants. */
static int put_page(request_rec *r, int status, anonid_page_t *page)
{
    page->catalog = anonid_page_language(r);
    page->token = anonid_robots_token(r, page->draft);
    set_headers(r, status, HTML);
    apr_table_setn(r->headers_out, "Content-Language", page->catalog->tag);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Language");
    anonid_page_put(r, page);
    return OK;
}

static int prefers_html(const request_rec *r)
{
    return anonid_accept_prefers_html(apr_table_get(r->headers_in, "Accept"));
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

int anonid_answer_form(request_rec *r, const anonid_service_t *service,
                       const anonid_draft_t *draft)
{
    anonid_page_t page = { .service = service, .draft = draft };

    if (!anonid_accept_asks_json(apr_table_get(r->headers_in, "Accept")))
        return put_page(r, HTTP_OK, &page);
    page.catalog = anonid_page_language(r);
    set_headers(r, HTTP_OK, "application/json");
    apr_table_mergen(r->headers_out, "Vary", "Accept-Language");
    put_json(r, anonid_describe(r, &page));
    return OK;
}

int anonid_answer_thanks(request_rec *r, const anonid_receipt_t *receipt,
                         const char *message_id)
{
    anonid_page_t page = { .receipt = receipt, .message_id = message_id };

    return put_page(r, HTTP_OK, &page);
}

/* The thanks are in the redirect as well, for what does not follow it. */
static int redirect_to_thanks(request_rec *r, const anonid_receipt_t *receipt,
                              const char *message_id)
{
    const char *location = anonid_thanks_location(r, receipt, message_id);
    anonid_page_t page = { .receipt = receipt, .message_id = message_id };

    if (!location)
        return put_page(r, HTTP_OK, &page);
    apr_table_setn(r->headers_out, "Location", location);
    return put_page(r, HTTP_SEE_OTHER, &page);
}

int anonid_answer_sent(request_rec *r, const anonid_receipt_t *receipt,
                       const char *message_id)
{
    json_t *document;

    if (prefers_html(r))
        return redirect_to_thanks(r, receipt, message_id);
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
    anonid_page_t page = { .service = draft ? service : NULL,
                           .draft = draft,
                           .problem = problem };

    if (problem->retry_after > 0)
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(r->pool, problem->retry_after));
    if (prefers_html(r))
        return put_page(r, problem->status, &page);
    set_headers(r, problem->status, "application/problem+json");
    put_json(r, json_problem(r->pool, problem));
    return OK;
}
