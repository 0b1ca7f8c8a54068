/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to a draft; see read.h.
 */
#include "module/submit/read.h"
#include "module/submit/body.h"
#include "module/draft/form.h"
#include "module/draft/json.h"
#include "module/draft/rfc822.h"
#include "module/text/accept.h"

#include <http_protocol.h>
#include <string.h>
#include <strings.h>

/* How a media type is read. */
typedef struct {
    const char *type;
    int to_in_query; /* recipients are in the URL's query */
    int is_form;     /* what a browser sends */
    const anonid_problem_t *(*read)(anonid_draft_t *draft,
                                    const anonid_params_t *type,
                                    const char *body, apr_size_t length);
} reader_t;

static const reader_t readers[] = {
    { "application/x-www-form-urlencoded", 0, 1, anonid_form_read_urlencoded },
    { "multipart/form-data", 0, 1, anonid_form_read_multipart },
    { "application/json", 0, 0, anonid_json_read },
    { "message/rfc822", 1, 0, anonid_rfc822_read },
};

static const anonid_problem_t *find_reader(request_rec *r,
                                           const reader_t **reader,
                                           const anonid_params_t **type)
{
    const char *text = apr_table_get(r->headers_in, "Content-Type");
    const char *encoding = apr_table_get(r->headers_in, "Content-Encoding");

    *type = text ? anonid_params_parse(r->pool, text, strlen(text)) : NULL;
    for (size_t i = 0; *type && i < sizeof(readers) / sizeof(readers[0]);
         i++) {
        *reader = &readers[i];
        if (strcmp((*type)->value, readers[i].type) == 0
            && (!encoding || strcasecmp(encoding, "identity") == 0))
            return NULL;
    }
    apr_table_setn(r->headers_out, "Accept-Post", ANONID_ACCEPT_POST);
    return anonid_problem_make(
        r->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, NULL,
        "%s is not understood here. Send one of " ANONID_ACCEPT_POST
        ", without a Content-Encoding.",
        *type ? (*type)->value : "A body without a valid Content-Type");
}

static const anonid_problem_t *body_problem(request_rec *r, int status)
{
    static const struct {
        int status;
        anonid_phrase_t phrase;
        const char *detail;
    } details[] = {
        { HTTP_REQUEST_ENTITY_TOO_LARGE, ANONID_PHRASE_ERROR_TOO_LARGE,
          "The message is too large." },
        { HTTP_REQUEST_TIME_OUT, ANONID_PHRASE_ERROR_TOO_SLOW,
          "The message came in too slowly." },
        { 0, ANONID_PHRASES, "The request's body could not be read." },
    };
    int i = 0;

    if (status == HTTP_SERVICE_UNAVAILABLE)
        return anonid_problem_busy(r->pool);
    while (details[i].status != 0 && details[i].status != status)
        i++;
    return anonid_problem_say(
        anonid_problem_make(r->pool, status, NULL, "%s", details[i].detail),
        details[i].phrase, NULL);
}

const anonid_problem_t *anonid_read_too_large(request_rec *r)
{
    return body_problem(r, HTTP_REQUEST_ENTITY_TOO_LARGE);
}

const anonid_problem_t *anonid_read_query(request_rec *r,
                                          anonid_draft_t *draft)
{
    const anonid_params_t *plain = anonid_params_parse(r->pool, "form", 4);
    const char *args = r->args ? r->args : "";

    draft->ignores_unknown = 1;
    return anonid_form_read_urlencoded(draft, plain, args, strlen(args));
}

/* A message's recipients are in the URL; the rest of the query is not. */
static const anonid_problem_t *read_recipients(request_rec *r,
                                               anonid_draft_t *draft)
{
    anonid_draft_t *query = anonid_draft_make(r->pool);
    const anonid_problem_t *problem = anonid_read_query(r, query);

    draft->to = query->to;
    return problem;
}

/* A form that is too large is shown again: the fields that come before its
 * files are read all the same. */
static void read_beginning(request_rec *r, anonid_draft_t *draft,
                           const reader_t *reader, const anonid_params_t *type,
                           anonid_body_t *body)
{
    if (!reader->is_form
        || !anonid_accept_prefers_html(apr_table_get(r->headers_in, "Accept")))
        return;
    if (body->length == 0)
        anonid_body_read_beginning(r, draft->memory, body);
    (void)reader->read(draft, type, body->data, body->length);
    draft->has_files |= strcmp(type->value, "multipart/form-data") == 0;
}

void anonid_read_nothing(request_rec *r)
{
    if (ap_request_has_body(r))
        r->connection->keepalive = AP_CONN_CLOSE;
}

int anonid_read_post(request_rec *r, anonid_draft_t *draft,
                     const anonid_problem_t **problem)
{
    const anonid_params_t *type;
    const reader_t *reader = NULL;
    anonid_body_t body;
    int status;

    *problem = find_reader(r, &reader, &type);
    if (*problem) {
        anonid_read_nothing(r);
        return OK;
    }
    draft->is_form = reader->is_form;
    draft->memory = anonid_memory_open(r->pool);
    status = anonid_body_read(r, draft->memory, &body);
    if (status == AP_FILTER_ERROR)
        return status;
    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        read_beginning(r, draft, reader, type, &body);
    if (status != OK)
        *problem = body_problem(r, status);
    else
        *problem = reader->read(draft, type, body.data, body.length);
    if (!*problem && reader->to_in_query)
        *problem = read_recipients(r, draft);
    if (!*problem)
        *problem = anonid_draft_check(draft);
    return OK;
}
