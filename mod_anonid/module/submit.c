/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-submit: from a request to a message that the mail server
 * has, or to the reason why it has not. Owns the order of the steps; each
 * step has a file of its own.
 *
 *   request -> place -> origin -> media type -> body -> draft -> recipients
 *           -> letter (composed, sealed) -> agent -> answer
 */
#include "submit.h"
#include "agent_client.h"
#include "config.h"
#include "map.h"
#include "parent.h"
#include "submit_answer.h"
#include "submit_body.h"
#include "submit_compose.h"
#include "submit_form.h"
#include "submit_json.h"
#include "submit_origin.h"
#include "submit_result.h"
#include "submit_rfc822.h"
#include "../common/lognos.h"

#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(anonid);

#define HANDLER "anonid-submit"
#define ALLOW "GET, HEAD, POST, OPTIONS"
#define ACCEPT_POST                                                           \
    "application/x-www-form-urlencoded, multipart/form-data, "                \
    "application/json, message/rfc822"
#define BUSY_RETRY_AFTER 10 /* seconds */

/* What the configuration says about this place. */
typedef struct {
    const anonid_account_t *account;
    const anonid_service_t *service;
} place_t;

/* How a media type is read. */
typedef struct {
    const char *type;
    int to_in_query; /* recipients are in the URL's query */
    const anonid_problem_t *(*read)(anonid_draft_t *draft,
                                    const anonid_params_t *type,
                                    const char *body, apr_size_t length);
} reader_t;

static const reader_t readers[] = {
    { "application/x-www-form-urlencoded", 0, anonid_form_read_urlencoded },
    { "multipart/form-data", 0, anonid_form_read_multipart },
    { "application/json", 0, anonid_json_read },
    { "message/rfc822", 1, anonid_rfc822_read },
};

/* ---- the place ---- */

/* A visitor who has logged on is none of ours; a place where nobody can ever
 * be mapped is the operator's mistake. */
static const anonid_problem_t *not_mapped(request_rec *r)
{
    const anonid_reference_t *map_to = anonid_dir(r)->map_to;

    if (!map_to || map_to->none)
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            ANONID_LOGNO(
                0302) "No mail can be sent at %s: SetHandler " HANDLER
                      " needs an anonymous account here. Add AnonIDMapTo.",
            r->uri);
    else
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            ANONID_LOGNO(
                0303) "No mail can be sent at %s by a request that is not "
                      "mapped to an anonymous account.",
            r->uri);
    return anonid_problem_make(r->pool, HTTP_FORBIDDEN, NULL,
                               "Only anonymous visitors can send messages "
                               "here.");
}

static const anonid_problem_t *find_place(request_rec *r, place_t *place)
{
    const anonid_reference_t *mail = anonid_dir(r)->mail;

    place->service = mail ? mail->service : NULL;
    place->account = anonid_mapped_account(r);
    if (!place->service) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            ANONID_LOGNO(0301) "No mail can be sent at %s: SetHandler " HANDLER
                               " needs a mail service here. Add AnonIDMail.",
            r->uri);
        return anonid_problem_make(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL,
                                   "This server has no mail service for "
                                   "this page.");
    }
    return place->account ? NULL : not_mapped(r);
}

/* ---- reading the request ---- */

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
    apr_table_setn(r->headers_out, "Accept-Post", ACCEPT_POST);
    return anonid_problem_make(
        r->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, NULL,
        "%s is not understood here. Send one of " ACCEPT_POST
        ", without a Content-Encoding.",
        *type ? (*type)->value : "A body without a valid Content-Type");
}

static const anonid_problem_t *body_problem(request_rec *r, int status)
{
    static const struct {
        int status;
        int retry_after;
        const char *detail;
    } details[] = {
        { HTTP_REQUEST_ENTITY_TOO_LARGE, 0, "The message is too large." },
        { HTTP_REQUEST_TIME_OUT, 0, "The message came in too slowly." },
        { HTTP_SERVICE_UNAVAILABLE, BUSY_RETRY_AFTER,
          "Too many messages are being received. Please try again." },
        { 0, 0, "The request's body could not be read." },
    };
    anonid_problem_t *problem;
    int i = 0;

    while (details[i].status != 0 && details[i].status != status)
        i++;
    problem =
        anonid_problem_make(r->pool, status, NULL, "%s", details[i].detail);
    problem->retry_after = details[i].retry_after;
    return problem;
}

/* Reads the recipients of the URL's query. */
static const anonid_problem_t *read_query(request_rec *r,
                                          anonid_draft_t *draft)
{
    const anonid_params_t *plain = anonid_params_parse(r->pool, "form", 4);
    anonid_draft_t *query = anonid_draft_make(r->pool);
    const char *args = r->args ? r->args : "";
    const anonid_problem_t *problem =
        anonid_form_read_urlencoded(query, plain, args, strlen(args));

    draft->to = query->to;
    return problem;
}

/* The rest of a request that is refused unread is not waited for. */
static void leave_unread(request_rec *r)
{
    if (ap_request_has_body(r))
        r->connection->keepalive = AP_CONN_CLOSE;
}

/* OK with the draft or a problem; or what the handler has to return. */
static int read_draft(request_rec *r, anonid_draft_t *draft,
                      const anonid_problem_t **problem)
{
    const anonid_params_t *type;
    const reader_t *reader = NULL;
    anonid_body_t body;
    int status;

    *problem = find_reader(r, &reader, &type);
    if (*problem) {
        leave_unread(r);
        return OK;
    }
    status = anonid_body_read(r, &body);
    if (status == AP_FILTER_ERROR)
        return status;
    if (status != OK)
        *problem = body_problem(r, status);
    else
        *problem = reader->read(draft, type, body.data, body.length);
    if (!*problem && reader->to_in_query)
        *problem = read_query(r, draft);
    if (!*problem)
        *problem = anonid_draft_check(draft);
    return OK;
}

/* ---- sending ---- */

static const anonid_problem_t *not_composed(request_rec *r, apr_status_t rv)
{
    anonid_problem_t *problem;

    ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, r,
                  ANONID_LOGNO(0306) "A message could not be composed.");
    problem = anonid_problem_make(r->pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                                  "The message was not sent: this server is "
                                  "short of resources. Please try again "
                                  "later.");
    problem->retry_after = BUSY_RETRY_AFTER;
    return problem;
}

static const anonid_problem_t *compose(request_rec *r, const place_t *place,
                                       anonid_letter_t *letter,
                                       anonid_submit_request_t *request)
{
    anonid_submit_message_t message;
    apr_status_t rv;

    letter->mail_from = place->service->mail_from;
    letter->client = r->useragent_ip;
    letter->host = r->server->server_hostname;
    letter->now = r->request_time;
    letter->id = anonid_header_message_id(r->pool, letter->host);
    letter->message_id = letter->draft->message_id;
    if (!letter->id)
        return not_composed(r, APR_EGENERAL);
    if (!letter->message_id)
        letter->message_id = letter->id;
    rv = anonid_compose_write(r->pool, letter, &message, &request->flags);
    if (rv != APR_SUCCESS)
        return not_composed(r, rv);
    if (message.size > ANONID_MESSAGE_MAX)
        return body_problem(r, HTTP_REQUEST_ENTITY_TOO_LARGE);
    request->fd = message.fd;
    return NULL;
}

/* Its socket takes connections also while it is dead: the parent keeps it
 * open for the next one. */
static int agent_runs(void)
{
    const anonid_status_table_t *table = anonid_parent_status();

    return table
           && atomic_load(&((anonid_status_table_t *)table)->header.agent_pid)
                  != 0;
}

static const anonid_problem_t *submit(request_rec *r,
                                      const anonid_letter_t *letter,
                                      const anonid_submit_request_t *request,
                                      anonid_receipt_t *receipt)
{
    apr_status_t rv = APR_ECONNREFUSED;

    if (agent_runs())
        rv = anonid_agent_submit(r->pool, anonid_parent_agent_socket(),
                                 request, receipt);
    return anonid_result_report(r, request, letter, rv, receipt);
}

static int send_draft(request_rec *r, const place_t *place,
                      anonid_draft_t *draft)
{
    anonid_submit_request_t request = { .account = place->account->name,
                                        .service = place->service->name,
                                        .client = r->useragent_ip };
    anonid_letter_t letter = { .draft = draft };
    anonid_receipt_t receipt = { 0 };
    const anonid_problem_t *problem;
    apr_array_header_t *recipients;

    problem = anonid_draft_recipients(draft, place->service, &recipients);
    letter.recipients = request.recipients = recipients;
    if (!problem)
        problem = compose(r, place, &letter, &request);
    if (!problem)
        problem = submit(r, &letter, &request, &receipt);
    if (problem)
        return anonid_answer_problem(r, place->service, draft, problem);
    return anonid_answer_sent(r, &receipt, letter.message_id);
}

/* ---- methods ---- */

static int refuse(request_rec *r, const place_t *place,
                  const anonid_draft_t *draft, const anonid_problem_t *problem)
{
    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, r,
        ANONID_LOGNO(0307) "Refused with %d: %s%s%s%s", problem->status,
        problem->detail, problem->field ? " (field '" : "",
        problem->field ? problem->field : "", problem->field ? "')" : "");
    return anonid_answer_problem(r, place ? place->service : NULL, draft,
                                 problem);
}

static int refuse_unread(request_rec *r, const anonid_problem_t *problem)
{
    leave_unread(r);
    return refuse(r, NULL, NULL, problem);
}

static int handle_post(request_rec *r)
{
    anonid_draft_t *draft = anonid_draft_make(r->pool);
    const anonid_problem_t *problem;
    place_t place;
    int status;

    problem = find_place(r, &place);
    if (!problem && anonid_origin_is_foreign(r))
        problem = anonid_problem_make(r->pool, HTTP_FORBIDDEN, NULL,
                                      "Forms of other sites cannot send "
                                      "messages here.");
    if (problem)
        return refuse_unread(r, problem);
    status = read_draft(r, draft, &problem);
    if (status != OK)
        return status;
    if (problem)
        return refuse(r, &place, draft, problem);
    return send_draft(r, &place, draft);
}

/* A file at the URL is the operator's own page, which httpd serves. */
static int has_own_page(const request_rec *r)
{
    return r->finfo.filetype == APR_REG && !(r->path_info && *r->path_info);
}

/* The query may fill the form: /contact?to=sales&subject=Offer */
static int handle_get(request_rec *r)
{
    const anonid_params_t *plain = anonid_params_parse(r->pool, "form", 4);
    anonid_draft_t *draft = anonid_draft_make(r->pool);
    const anonid_problem_t *problem;
    place_t place;

    if (has_own_page(r))
        return DECLINED;
    problem = find_place(r, &place);
    if (problem)
        return refuse(r, NULL, NULL, problem);
    if (r->args)
        anonid_form_read_urlencoded(draft, plain, r->args, strlen(r->args));
    return anonid_answer_form(r, place.service, draft);
}

static int handle_options(request_rec *r)
{
    apr_table_setn(r->headers_out, "Allow", ALLOW);
    apr_table_setn(r->headers_out, "Accept-Post", ACCEPT_POST);
    ap_set_content_length(r, 0);
    return OK;
}

static int handle_other(request_rec *r)
{
    apr_table_setn(r->headers_out, "Allow", ALLOW);
    return refuse_unread(
        r, anonid_problem_make(r->pool, HTTP_METHOD_NOT_ALLOWED, NULL,
                               "Messages are sent with POST."));
}

static const struct {
    int method;
    int (*handle)(request_rec *r);
} methods[] = {
    { M_GET, handle_get },
    { M_POST, handle_post },
    { M_OPTIONS, handle_options },
};

static int hook_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, HANDLER) != 0)
        return DECLINED;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].method == r->method_number)
            return methods[i].handle(r);
    return handle_other(r);
}

/* GMime registers types that live as long as the process: a worker never
 * unloads it, the parent does at each restart. */
static void hook_child_init(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    anonid_compose_start();
}

void anonid_submit_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(hook_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
