/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-submit: from a request to a message that the mail server
 * has, or to the reason why it has not. Owns the order of the steps; each
 * step has a file of its own.
 *
 *   request -> place -> origin -> media type -> body -> draft -> recipients
 *           -> letter (composed, sealed) -> agent -> answer
 */
#include "module/submit/submit.h"
#include "module/channel/agent_client.h"
#include "module/config/config.h"
#include "module/channel/channels.h"
#include "module/map/logon_state.h"
#include "module/supervisor/parent.h"
#include "module/submit/answer.h"
#include "module/submit/compose.h"
#include "module/submit/form_key.h"
#include "module/submit/look.h"
#include "module/submit/origin.h"
#include "module/submit/place.h"
#include "module/submit/read.h"
#include "module/submit/result.h"
#include "module/submit/robots.h"
#include "module/submit/thanks.h"
#include "module/text/accept.h"
#include "common/lognos.h"

#include <ap_expr.h>
#include <ap_mpm.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <stdatomic.h>
#include <string.h>

APLOG_USE_MODULE(anonid);

#define ALLOW "GET, HEAD, POST, OPTIONS"
#define RETRY_AFTER 10 /* seconds */
#define WARNING_INTERVAL apr_time_from_sec(60)

/* Said once in a while: whoever fills the memory shall not fill the log. */
static void warn_of_memory(request_rec *r)
{
    static atomic_llong next;
    long long now = (long long)r->request_time;
    long long due = atomic_load(&next);

    if (now < due
        || !atomic_compare_exchange_strong(&next, &due,
                                           now + WARNING_INTERVAL))
        return;
    ap_log_rerror(
        APLOG_MARK, APLOG_WARNING, 0, r,
        ANONID_LOGNO(
            0310) "A message was refused because the messages that this "
                  "process is receiving already take %lu MB; lower "
                  "LimitRequestBody or ThreadsPerChild if this happens often.",
        (unsigned long)(anonid_memory_total() >> 20));
}

/* The visitor is told, and the log at level info. */
static int refuse(request_rec *r, const anonid_place_t *place,
                  const anonid_draft_t *draft, const anonid_problem_t *problem)
{
    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, r,
        ANONID_LOGNO(0307) "Refused with %d: %s%s%s%s", problem->status,
        problem->detail, problem->field ? " (field '" : "",
        problem->field ? problem->field : "", problem->field ? "')" : "");
    if (problem->no_memory)
        warn_of_memory(r);
    return anonid_answer_problem(r, place ? place->service : NULL, draft,
                                 problem);
}

/* ---- sending ---- */

static const anonid_problem_t *not_composed(request_rec *r, apr_status_t rv)
{
    anonid_problem_t *problem;

    if (rv == APR_ENOMEM)
        return anonid_problem_busy(r->pool);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, r,
                  ANONID_LOGNO(0306) "A message could not be composed.");
    problem = anonid_problem_make(r->pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                                  "The message was not sent: this server is "
                                  "short of resources. Please try again "
                                  "later.");
    problem->retry_after = RETRY_AFTER;
    return anonid_problem_say(problem, ANONID_PHRASE_ERROR_UNAVAILABLE, NULL);
}

static const anonid_problem_t *compose(request_rec *r,
                                       const anonid_place_t *place,
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
    if (!letter->id)
        return not_composed(r, APR_EGENERAL);
    rv = anonid_compose_write(r->pool, letter, &message, &request->flags);
    if (rv != APR_SUCCESS)
        return not_composed(r, rv);
    if (message.size > ANONID_MESSAGE_MAX)
        return anonid_read_too_large(r);
    request->fd = message.fd;
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "message %s is composed: %lu octets, %d recipients, %d "
                  "attachments",
                  letter->id, (unsigned long)message.size,
                  letter->recipients->nelts,
                  letter->draft->attachments->nelts);
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
        rv = anonid_agent_submit(r->pool, request, receipt);
    return anonid_result_report(r, request, letter, rv, receipt);
}

static int send_draft(request_rec *r, const anonid_place_t *place,
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
    if (problem)
        return refuse(r, place, draft, problem);
    letter.recipients = request.recipients = recipients;
    problem = compose(r, place, &letter, &request);
    if (problem)
        return refuse(r, place, draft, problem);
    problem = submit(r, &letter, &request, &receipt);
    if (problem)
        return anonid_answer_problem(r, place->service, draft, problem);
    return anonid_answer_sent(r, &receipt, letter.id);
}

/* ---- methods ---- */

static int refuse_unread(request_rec *r, const anonid_problem_t *problem)
{
    anonid_read_nothing(r);
    return refuse(r, NULL, NULL, problem);
}

static anonid_draft_t *make_draft(request_rec *r)
{
    anonid_draft_t *draft = anonid_draft_make(r->pool);

    draft->extra = anonid_dir(r)->mail_fields;
    return draft;
}

/* A robot is thanked like everybody and learns nothing. */
static int thank_robot(request_rec *r, const anonid_draft_t *draft)
{
    anonid_receipt_t receipt = { 0 };

    receipt.accepted = draft->to;
    receipt.rejected = apr_array_make(r->pool, 1, sizeof(anonid_rejection_t));
    return anonid_answer_sent(
        r, &receipt,
        anonid_header_message_id(r->pool, r->server->server_hostname));
}

static const anonid_problem_t *check_origin(request_rec *r)
{
    if (!anonid_origin_is_foreign(r))
        return NULL;
    return anonid_problem_say(
        anonid_problem_make(r->pool, HTTP_FORBIDDEN, NULL,
                            "Forms of other sites cannot send messages "
                            "here."),
        ANONID_PHRASE_ERROR_FOREIGN, NULL);
}

static int handle_post(request_rec *r)
{
    anonid_draft_t *draft = make_draft(r);
    const anonid_problem_t *problem;
    anonid_place_t place;
    int status;

    problem = anonid_place_find(r, &place);
    if (!problem)
        problem = check_origin(r);
    if (problem)
        return refuse_unread(r, problem);
    status = anonid_read_post(r, draft, &problem);
    if (status != OK)
        return status;
    if (anonid_robots_is_trapped(r, draft))
        return thank_robot(r, draft);
    if (!problem)
        problem = anonid_robots_problem(r, draft);
    if (problem)
        return refuse(r, &place, draft, problem);
    return send_draft(r, &place, draft);
}

/* A file at the URL is the operator's own page, which httpd serves; but not to
 * a program, which asks what it may send. */
static int has_own_page(request_rec *r)
{
    if (r->finfo.filetype != APR_REG || (r->path_info && *r->path_info))
        return 0;
    apr_table_mergen(r->headers_out, "Vary", "Accept");
    return !anonid_accept_asks_json(apr_table_get(r->headers_in, "Accept"));
}

/* The query may fill the form: /contact?to=sales&subject=Offer */
static int handle_get(request_rec *r)
{
    anonid_draft_t *draft = make_draft(r);
    const anonid_problem_t *problem;
    anonid_receipt_t receipt = { 0 };
    const char *message_id;
    anonid_place_t place;

    if (anonid_thanks_open(r, &receipt, &message_id))
        return anonid_answer_thanks(r, &receipt, message_id);
    if (has_own_page(r))
        return DECLINED;
    problem = anonid_place_find(r, &place);
    if (problem)
        return refuse(r, NULL, NULL, problem);
    (void)anonid_read_query(r, draft);
    return anonid_answer_form(r, place.service, draft);
}

static int handle_options(request_rec *r)
{
    apr_table_setn(r->headers_out, "Allow", ALLOW);
    apr_table_setn(r->headers_out, "Accept-Post", ANONID_ACCEPT_POST);
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

/* SetHandler takes an expression, of which a plain name is the usual one. */
static int is_here(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *error = NULL;
    const char *handler = core->expr_handler
                              ? ap_expr_str_exec(r, core->expr_handler, &error)
                              : core->handler;

    return handler && !error && strcmp(handler, ANONID_SUBMIT_HANDLER) == 0;
}

/* What a visitor wrote in a form is read, to be shown again: he cannot know
 * that it was for nothing. */
static int unavailable(request_rec *r, int retry_after)
{
    const anonid_reference_t *mail = anonid_dir(r)->mail;
    anonid_place_t place = { NULL, mail ? mail->service : NULL };
    anonid_draft_t *draft = make_draft(r);
    const anonid_problem_t *problem;
    int status;

    if (r->method_number != M_POST || !place.service || check_origin(r)
        || !anonid_accept_prefers_html(apr_table_get(r->headers_in, "Accept")))
        status = refuse_unread(r, anonid_place_unavailable(r, retry_after));
    else {
        status = anonid_read_post(r, draft, &problem);
        if (status == OK)
            status = refuse(r, &place, draft,
                            anonid_place_unavailable(r, retry_after));
    }
    return status == OK ? DONE : status;
}

static int hook_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, ANONID_SUBMIT_HANDLER) != 0)
        return DECLINED;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].method == r->method_number)
            return methods[i].handle(r);
    return handle_other(r);
}

static void start_channels(server_rec *s)
{
    int threads = 0;
    apr_status_t rv;

    if (!anonid_parent_agent_socket())
        return;
    (void)ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    rv = anonid_channels_start(anonid_parent_agent_socket(), threads);
    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     ANONID_LOGNO(0312) "This process cannot speak to the "
                                        "agent: there is no memory. Restart "
                                        "httpd when there is.");
}

/* GMime registers types that live as long as the process: a worker never
 * unloads it, the parent does at each restart. */
static void hook_child_init(apr_pool_t *p, server_rec *s)
{
    anonid_compose_start();
    anonid_look_start(p);
    (void)anonid_form_key_start_child(p);
    start_channels(s);
}

static int hook_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *s)
{
    apr_status_t rv = anonid_form_key_start();

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (rv == APR_SUCCESS)
        return OK;
    ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s,
                 ANONID_LOGNO(0314) "There are no random numbers for the "
                                    "form's key.");
    return HTTP_INTERNAL_SERVER_ERROR;
}

void anonid_submit_register(apr_pool_t *p)
{
    static const anonid_logon_answer_t answer = { is_here, unavailable };

    (void)p;
    anonid_logon_answer_by(&answer);
    ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(hook_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
