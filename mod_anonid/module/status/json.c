/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status as JSON; see faces.h.
 */
#include "module/status/faces.h"

#include "common/build.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <jansson.h>
#include <stdlib.h>

#define VERSION 1

static json_t *time_json(apr_time_t when)
{
    return when ? json_integer(apr_time_sec(when)) : json_null();
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* What reads it may print it; null where there is none. */
static json_t *text_json(request_rec *r, const char *text)
{
    char *copy;

    if (!text || !*text)
        return json_null();
    copy = apr_pstrdup(r->pool, text);
    anonid_text_clean(copy);
    return json_string(copy);
}

static json_t *agent_json(const anonid_status_view_t *view)
{
    return json_pack("{s:b, s:s, s:o, s:o, s:o}", "up", view->agent_pid != 0,
                     "version", ANONID_VERSION, "pid",
                     view->agent_pid ? number(view->agent_pid) : json_null(),
                     "started",
                     time_json(view->agent_pid ? view->agent_started : 0),
                     "restarts", number(view->agent_restarts));
}

static json_t *account_json(request_rec *r, const anonid_account_view_t *view)
{
    const char *refused_by = view->refused ? view->refused->refused_by : NULL;

    return json_pack(
        "{s:o, s:s, s:b, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "name", text_json(r, view->account->name), "provider",
        anonid_provider_name(view->account->provider), "synchronised",
        view->account->sync, "state", anonid_state_name(view->state), "code",
        (int)view->code, "text",
        text_json(r,
                  view->code ? anonid_failure_info(view->code)->text : NULL),
        "since", time_json(view->since), "next_attempt",
        time_json(view->next_attempt), "expires", time_json(view->expires),
        "password_expires", time_json(view->password_expires), "attempts",
        number(view->attempts), "mapped_requests", number(view->mapped),
        "refused_by", text_json(r, refused_by));
}

static json_t *server_json(request_rec *r, const anonid_server_status_t *s)
{
    return json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "url",
        text_json(r, s->url), "up", s->down_since == 0, "down_since",
        time_json(s->down_since), "problem", text_json(r, s->problem),
        "last_login", time_json(s->last_login), "logins", number(s->logins),
        "refusals", number(s->refusals), "failures", number(s->failures),
        "certificate_expires", time_json(s->certificate_expires), "idle",
        number(s->idle), "busy", number(s->busy));
}

static json_t *pair_json(request_rec *r, const anonid_pair_status_t *pair)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        text_json(r, pair->account), "refused_since",
        time_json(pair->refused_since), "refused_by",
        text_json(r, pair->refused_since ? pair->refused_by : NULL),
        "held_until", time_json(pair->refused_since ? pair->held_until : 0),
        "reply", text_json(r, pair->reply), "last_login",
        time_json(pair->last_login), "last_refusal",
        time_json(pair->last_refusal), "logins", number(pair->logins),
        "refusals", number(pair->refusals));
}

static json_t *submissions_json(const anonid_service_view_t *view)
{
    json_t *results = json_object();

    for (int i = 0; anonid_submit_result_name(i); i++)
        (void)json_object_set_new(results, anonid_submit_result_name(i),
                                  number(view->results[i]));
    return results;
}

static json_t *limits_json(request_rec *r, const anonid_service_view_t *view)
{
    const apr_array_header_t *limits = view->service->limits;
    json_t *list = json_array();

    for (int i = 0; i < limits->nelts && i < ANONID_STATUS_LIMITS; i++)
        (void)json_array_append_new(
            list,
            json_pack(
                "{s:o, s:o}", "limit",
                text_json(r, APR_ARRAY_IDX(limits, i, anonid_limit_t).text),
                "refusals", number(view->limited[i])));
    return list;
}

static json_t *service_json(request_rec *r, const anonid_service_view_t *view)
{
    json_t *servers = json_array(), *accounts = json_array();

    for (int i = 0; i < view->servers->nelts; i++)
        (void)json_array_append_new(
            servers, server_json(r, &APR_ARRAY_IDX(view->servers, i,
                                                   anonid_server_status_t)));
    for (int i = 0; i < view->pairs->nelts; i++)
        (void)json_array_append_new(
            accounts, pair_json(r, &APR_ARRAY_IDX(view->pairs, i,
                                                  anonid_pair_status_t)));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
                     text_json(r, view->service->name), "servers", servers,
                     "accounts", accounts, "submissions",
                     submissions_json(view), "limits", limits_json(r, view));
}

static json_t *listener_json(request_rec *r,
                             const anonid_listener_view_t *view)
{
    const anonid_listener_status_t *s = &view->status;

    return json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "url",
        text_json(r, s->url), "account", text_json(r, s->account), "service",
        text_json(r, s->service), "protocol",
        anonid_status_protocol_name(view->protocol), "connections",
        number(s->clients), "max", number(s->max), "accepted",
        number(s->accepted), "refused", number(s->refused), "bytes_to_server",
        number(s->to_server), "bytes_to_client", number(s->to_client));
}

static json_t *form_json(const anonid_status_view_t *view)
{
    json_t *robots = json_object();

    for (int i = 0; i < ANONID_ROBOTS; i++)
        json_object_set_new(robots, anonid_robot_name((anonid_robot_t)i),
                            number(view->robots[i]));
    return json_pack("{s:o}", "robots", robots);
}

void anonid_status_json(request_rec *r, const anonid_status_view_t *view)
{
    json_t *accounts = json_array(), *services = json_array();
    json_t *listeners = json_array(), *document;
    char *text;

    for (int i = 0; i < view->accounts->nelts; i++)
        (void)json_array_append_new(
            accounts, account_json(r, &APR_ARRAY_IDX(view->accounts, i,
                                                     anonid_account_view_t)));
    for (int i = 0; i < view->services->nelts; i++)
        (void)json_array_append_new(
            services, service_json(r, &APR_ARRAY_IDX(view->services, i,
                                                     anonid_service_view_t)));
    for (int i = 0; i < view->listeners->nelts; i++)
        (void)json_array_append_new(
            listeners,
            listener_json(r, &APR_ARRAY_IDX(view->listeners, i,
                                            anonid_listener_view_t)));
    document = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", VERSION, "time",
        time_json(view->now), "agent", agent_json(view), "accounts", accounts,
        "services", services, "listeners", listeners, "form", form_json(view));
    text = json_dumps(document, JSON_INDENT(2));
    if (text)
        ap_rvputs(r, text, "\n", NULL);
    free(text);
    json_decref(document);
}
