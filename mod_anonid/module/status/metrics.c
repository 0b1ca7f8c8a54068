/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status in Prometheus' text format 0.0.4; see faces.h. A metric is a row
 * of the table at the end, with the function that writes its samples.
 *
 *   # HELP name text
 *   # TYPE name type
 *   name{label="value",...} number
 *
 * Every series that can be is there from the beginning, at 0: an alert on an
 * increase would miss the first one otherwise. No label is a visitor's, or an
 * address.
 */
#include "module/status/faces.h"
#include "module/status/samples.h"

#include "common/build.h"
#include "common/mechanism.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* ---- build and agent ---- */

static void put_build(anonid_samples_t *w)
{
    anonid_sample_label(w, "version", ANONID_VERSION);
    anonid_sample_count(w, 1);
}

static void put_agent_up(anonid_samples_t *w)
{
    anonid_sample_count(w, w->view->agent_pid != 0);
}

static void put_agent_start(anonid_samples_t *w)
{
    anonid_sample_seconds(w, w->view->agent_started);
}

static void put_agent_restarts(anonid_samples_t *w)
{
    anonid_sample_count(w, w->view->agent_restarts);
}

/* ---- accounts ---- */

#define EACH_ACCOUNT(w, a)                                                    \
    ANONID_EACH(anonid_account_view_t, a, (w)->view->accounts)

static void label_account(anonid_samples_t *w, const anonid_account_view_t *a)
{
    anonid_sample_label(w, "account", a->account->name);
}

static void put_logged_on(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        label_account(w, a);
        anonid_sample_label(w, "provider",
                            anonid_provider_name(a->account->provider));
        anonid_sample_count(w, a->state == ANONID_STATE_LOGGED_ON);
    }
}

static void put_failure_code(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        label_account(w, a);
        anonid_sample_count(w, (uint64_t)a->code);
    }
}

static void put_state_change(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        label_account(w, a);
        anonid_sample_seconds(w, a->since);
    }
}

static void put_attempts(anonid_samples_t *w)
{
    static const char *const results[] = {
        [ANONID_LOGON_SUCCESS] = "success",
        [ANONID_LOGON_PERMANENT] = "permanent",
        [ANONID_LOGON_TRANSIENT] = "transient",
    };

    EACH_ACCOUNT(w, a)
    {
        for (int i = 0; i < 3; i++) {
            label_account(w, a);
            anonid_sample_label(w, "result", results[i]);
            anonid_sample_count(w, a->results[i]);
        }
    }
}

static void put_logon_duration(anonid_samples_t *w)
{
    anonid_sample_histogram(w, &w->view->logons);
}

static void put_expiry_of(anonid_samples_t *w, const anonid_account_view_t *a,
                          const char *kind, apr_time_t when)
{
    if (!when)
        return;
    label_account(w, a);
    anonid_sample_label(w, "kind", kind);
    anonid_sample_seconds(w, when);
}

static void put_expiry(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        put_expiry_of(w, a, "ticket", a->expires);
        put_expiry_of(w, a, "password", a->password_expires);
    }
}

static void put_secret_age(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        if (!a->secret_since)
            continue;
        label_account(w, a);
        anonid_sample_seconds(w, w->view->now > a->secret_since
                                     ? w->view->now - a->secret_since
                                     : 0);
    }
}

static void put_mapped(anonid_samples_t *w)
{
    EACH_ACCOUNT(w, a)
    {
        label_account(w, a);
        anonid_sample_count(w, a->mapped);
    }
}

static void put_rotations(anonid_samples_t *w)
{
    static const char *const results[] = { "success", "failure" };

    EACH_ACCOUNT(w, a)
    {
        for (int i = 0; a->account->sync && i < 2; i++) {
            label_account(w, a);
            anonid_sample_label(w, "result", results[i]);
            anonid_sample_count(w, a->rotations[i]);
        }
    }
}

/* ---- mail ---- */

#define EACH_SERVICE(w, s)                                                    \
    ANONID_EACH(anonid_service_view_t, s, (w)->view->services)

#define EACH_SERVER(s, server)                                                \
    ANONID_EACH(anonid_server_status_t, server, (s)->servers)

#define EACH_PAIR(s, pair) ANONID_EACH(anonid_pair_status_t, pair, (s)->pairs)

static void label_service(anonid_samples_t *w, const anonid_service_view_t *s)
{
    anonid_sample_label(w, "service", s->service->name);
}

static void put_submissions(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        for (int i = 0; anonid_submit_result_name(i); i++) {
            label_service(w, s);
            anonid_sample_label(w, "result", anonid_submit_result_name(i));
            anonid_sample_count(w, s->results[i]);
        }
    }
}

static void put_submission_duration(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        label_service(w, s);
        anonid_sample_histogram(w, &s->durations);
    }
}

static void put_pool(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        uint64_t idle = 0, busy = 0;

        EACH_SERVER(s, server)
        {
            idle += server->idle;
            busy += server->busy;
        }
        label_service(w, s);
        anonid_sample_label(w, "state", "idle");
        anonid_sample_count(w, idle);
        label_service(w, s);
        anonid_sample_label(w, "state", "busy");
        anonid_sample_count(w, busy);
    }
}

static void put_server_up(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        EACH_SERVER(s, server)
        {
            label_service(w, s);
            anonid_sample_label(w, "server", server->url);
            anonid_sample_count(w, server->down_since == 0);
        }
    }
}

/* A time of each server, which is at that offset of its status. */
static void put_server_time(anonid_samples_t *w, size_t offset)
{
    EACH_SERVICE(w, s)
    {
        EACH_SERVER(s, server)
        {
            apr_time_t at;

            memcpy(&at, (const char *)server + offset, sizeof(at));
            label_service(w, s);
            anonid_sample_label(w, "server", server->url);
            anonid_sample_seconds(w, at);
        }
    }
}

static void put_last_login(anonid_samples_t *w)
{
    put_server_time(w, offsetof(anonid_server_status_t, last_login));
}

static void put_certificate(anonid_samples_t *w)
{
    put_server_time(w, offsetof(anonid_server_status_t, certificate_expires));
}

static void put_mail_refused(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        EACH_PAIR(s, pair)
        {
            anonid_sample_label(w, "account", pair->account);
            label_service(w, s);
            anonid_sample_count(w, pair->refused_since != 0);
        }
    }
}

static void put_mail_refused_since(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        EACH_PAIR(s, pair)
        {
            anonid_sample_label(w, "account", pair->account);
            label_service(w, s);
            anonid_sample_seconds(w, pair->refused_since);
        }
    }
}

static int has_server(const anonid_status_view_t *view,
                      anonid_mail_protocol_t protocol)
{
    ANONID_EACH(anonid_service_view_t, s, view->services)
    {
        ANONID_EACH(anonid_mail_server_t, server, s->service->servers)
        {
            if (server->protocol == protocol)
                return 1;
        }
    }
    return 0;
}

static void put_logins_by(anonid_samples_t *w, anonid_mail_protocol_t protocol,
                          const anonid_mechanism_info_t *mechanism)
{
    static const char *const results[] = {
        [ANONID_LOGIN_SUCCESS] = "success",
        [ANONID_LOGIN_REFUSED] = "refused",
        [ANONID_LOGIN_FAILED] = "failed",
    };
    size_t row = anonid_mechanism_index(mechanism);

    if (mechanism->state != ANONID_MECHANISM_AVAILABLE
        || row >= ANONID_STATUS_MECHANISMS)
        return;
    for (int i = 0; i < ANONID_LOGIN_RESULTS; i++) {
        anonid_sample_label(w, "protocol",
                            anonid_status_protocol_name(protocol));
        anonid_sample_label(w, "mechanism", mechanism->name);
        anonid_sample_label(w, "result", results[i]);
        anonid_sample_count(w, w->view->mail_logins[protocol][row][i]);
    }
}

static void put_logins(anonid_samples_t *w)
{
    for (int p = 0; p < ANONID_STATUS_PROTOCOLS; p++) {
        for (size_t i = 0; has_server(w->view, (anonid_mail_protocol_t)p)
                           && anonid_mechanism_at(i);
             i++)
            put_logins_by(w, (anonid_mail_protocol_t)p,
                          anonid_mechanism_at(i));
    }
}

/* ---- listeners ---- */

#define EACH_LISTENER(w, l)                                                   \
    ANONID_EACH(anonid_listener_view_t, l, (w)->view->listeners)

static uint64_t sessions_of(const anonid_service_view_t *s,
                            anonid_mail_protocol_t protocol)
{
    uint64_t sessions = 0;

    ANONID_EACH(anonid_listener_view_t *, l, s->listeners)
    {
        if ((*l)->protocol == protocol)
            sessions += (*l)->status.clients;
    }
    return sessions;
}

static void put_sessions(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        for (int p = 0; p < ANONID_STATUS_PROTOCOLS; p++) {
            label_service(w, s);
            anonid_sample_label(
                w, "protocol",
                anonid_status_protocol_name((anonid_mail_protocol_t)p));
            anonid_sample_count(w, sessions_of(s, (anonid_mail_protocol_t)p));
        }
    }
}

static void put_bytes(anonid_samples_t *w)
{
    for (int p = 0; p < ANONID_STATUS_PROTOCOLS; p++) {
        const char *protocol =
            anonid_status_protocol_name((anonid_mail_protocol_t)p);
        uint64_t to_server = 0, to_client = 0;

        EACH_LISTENER(w, l)
        {
            if ((int)l->protocol != p)
                continue;
            to_server += l->status.to_server;
            to_client += l->status.to_client;
        }
        anonid_sample_label(w, "protocol", protocol);
        anonid_sample_label(w, "direction", "to_server");
        anonid_sample_count(w, to_server);
        anonid_sample_label(w, "protocol", protocol);
        anonid_sample_label(w, "direction", "to_client");
        anonid_sample_count(w, to_client);
    }
}

static void put_connections(anonid_samples_t *w)
{
    EACH_LISTENER(w, l)
    {
        anonid_sample_label(w, "listener", l->status.url);
        anonid_sample_count(w, l->status.clients);
    }
}

static void put_listener_refusals(anonid_samples_t *w)
{
    EACH_LISTENER(w, l)
    {
        anonid_sample_label(w, "listener", l->status.url);
        anonid_sample_count(w, l->status.refused);
    }
}

/* ---- limits ---- */

static void put_limit_refusals(anonid_samples_t *w)
{
    EACH_SERVICE(w, s)
    {
        const apr_array_header_t *limits = s->service->limits;

        for (int i = 0; i < limits->nelts && i < ANONID_STATUS_LIMITS; i++) {
            label_service(w, s);
            anonid_sample_label(w, "limit",
                                APR_ARRAY_IDX(limits, i, anonid_limit_t).text);
            anonid_sample_count(w, s->limited[i]);
        }
    }
}

static void put_limit_store(anonid_samples_t *w)
{
    if (w->view->limit_store != ANONID_LIMIT_STORE_NONE)
        anonid_sample_count(w, w->view->limit_store == ANONID_LIMIT_STORE_UP);
}

static void put_robots(anonid_samples_t *w)
{
    for (int i = 0; i < ANONID_ROBOTS; i++) {
        anonid_sample_label(w, "reason", anonid_robot_name((anonid_robot_t)i));
        anonid_sample_count(w, w->view->robots[i]);
    }
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    const char *type;
    const char *help;
    void (*put)(anonid_samples_t *w);
} metrics[] = {
    { "anonid_build_info", "gauge", "The version of mod_anonid; always 1.",
      put_build },
    { "anonid_agent_up", "gauge", "Whether the agent is there and responds.",
      put_agent_up },
    { "anonid_agent_start_time_seconds", "gauge",
      "When the agent was started.", put_agent_start },
    { "anonid_agent_restarts_total", "counter",
      "Starts of the agent after the first one.", put_agent_restarts },
    { "anonid_account_logged_on", "gauge", "Whether the account is logged on.",
      put_logged_on },
    { "anonid_account_failure_code", "gauge",
      "Windows error code of the last attempt to log on; 0 is good.",
      put_failure_code },
    { "anonid_account_state_change_timestamp_seconds", "gauge",
      "When the account's state changed last.", put_state_change },
    { "anonid_logon_attempts_total", "counter",
      "Attempts to log the account on.", put_attempts },
    { "anonid_logon_duration_seconds", "histogram",
      "How long attempts to log on took.", put_logon_duration },
    { "anonid_credential_expiry_timestamp_seconds", "gauge",
      "When the account's ticket, or its password, ends.", put_expiry },
    { "anonid_secret_age_seconds", "gauge",
      "How long ago the account's secret was changed.", put_secret_age },
    { "anonid_rotations_total", "counter",
      "Changes of the account's password by the server.", put_rotations },
    { "anonid_mapped_requests_total", "counter",
      "Requests that were mapped to the account.", put_mapped },
    { "anonid_submissions_total", "counter",
      "Messages that visitors and applications wanted to be sent.",
      put_submissions },
    { "anonid_form_robots_total", "counter",
      "Forms that robots seem to have sent.", put_robots },
    { "anonid_submission_duration_seconds", "histogram",
      "How long it took to send a message, or not to.",
      put_submission_duration },
    { "anonid_pool_connections", "gauge",
      "Sessions with mail servers that are kept for messages.", put_pool },
    { "anonid_mail_server_up", "gauge",
      "Whether logins work at the mail server.", put_server_up },
    { "anonid_mail_last_login_timestamp_seconds", "gauge",
      "When a login at the mail server worked last; 0 is never.",
      put_last_login },
    { "anonid_mail_certificate_expiry_timestamp_seconds", "gauge",
      "When the mail server's certificate ends; 0 is not known.",
      put_certificate },
    { "anonid_mail_refused", "gauge",
      "Whether a mail server refuses the account, which is not tried again "
      "for a while.",
      put_mail_refused },
    { "anonid_mail_refused_since_timestamp_seconds", "gauge",
      "Since when a mail server refuses the account; 0 is not.",
      put_mail_refused_since },
    { "anonid_relay_logins_total", "counter",
      "Logins to mail servers, for messages and for listeners.", put_logins },
    { "anonid_relay_sessions", "gauge",
      "Applications that are connected to listeners.", put_sessions },
    { "anonid_relay_bytes_total", "counter",
      "Octets relayed between applications and mail servers.", put_bytes },
    { "anonid_listener_connections", "gauge",
      "Applications that are connected to the listener.", put_connections },
    { "anonid_listener_refusals_total", "counter",
      "Connections to the listener that were refused.",
      put_listener_refusals },
    { "anonid_limit_refusals_total", "counter", "What limits have refused.",
      put_limit_refusals },
    { "anonid_limit_store_up", "gauge",
      "Whether the store in which limits are shared responds.",
      put_limit_store },
};

void anonid_status_metrics(request_rec *r, const anonid_status_view_t *view)
{
    anonid_samples_t w = { r, view, NULL, "" };

    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        w.name = metrics[i].name;
        ap_rvputs(r, "# HELP ", w.name, " ", metrics[i].help, "\n# TYPE ",
                  w.name, " ", metrics[i].type, "\n", NULL);
        metrics[i].put(&w);
    }
}
