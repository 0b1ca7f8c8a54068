/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATUS: how the accounts stand, as JSON. Times are seconds since 1970; null
 * says that there is none.
 *
 *   {"agent": {"version", "pid", "started", "generation"},
 *    "accounts": [{"name", "provider", "synchronised", "state", "since",
 *                  "code", "text", "detail", "kept", "failures", "attempts",
 *                  "next_attempt", "renewal", "expires"}...]}
 */
#include "agent/logon/config.h"
#include "agent/request/json_text.h"
#include "agent/logon/logon.h"
#include "agent/request/account.h"
#include "agent/request/requests.h"
#include "agent/status/table.h"

#include "common/protocol.h"

#include <unistd.h>

static const char *const state_names[] = { "pending", "logged on", "failed" };

static apr_time_t started;

void anonid_request_status_start(void)
{
    started = apr_time_now();
}

static void add_time(anonid_json_text_t *json, const char *name,
                     apr_time_t when)
{
    if (when)
        anonid_json_number(json, name, apr_time_sec(when));
    else
        anonid_json_null(json, name);
}

static void add_agent(anonid_json_text_t *json)
{
    const anonid_config_t *config = anonid_config_current();

    anonid_json_open(json, "agent", '{');
    anonid_json_string(json, "version", ANONID_VERSION);
    anonid_json_number(json, "pid", getpid());
    add_time(json, "started", started);
    anonid_json_number(json, "generation", config ? config->generation : 0);
    anonid_json_close(json, '}');
}

static void add_outcome(anonid_json_text_t *json, const anonid_logon_t *logon)
{
    const anonid_outcome_t *outcome = &logon->outcome;

    if (!logon->attempted) {
        anonid_json_null(json, "code");
        anonid_json_null(json, "text");
        anonid_json_null(json, "detail");
        return;
    }
    anonid_json_number(json, "code", outcome->code);
    anonid_json_string(json, "text", anonid_failure_info(outcome->code)->text);
    anonid_json_string(json, "detail", outcome->detail);
}

static void add_account(void *context, anonid_logon_t *logon)
{
    anonid_json_text_t *json = context;
    const anonid_account_t *account = logon->account;
    anonid_state_t state = anonid_logon_state(logon);
    apr_time_t since;

    (void)anonid_status_table_state(account->slot, &since);
    anonid_json_open(json, NULL, '{');
    anonid_json_string(json, "name", account->name);
    anonid_json_string(json, "provider",
                       anonid_provider_name(account->provider));
    anonid_json_bool(json, "synchronised", account->sync);
    anonid_json_string(json, "state", state_names[state]);
    add_time(json, "since", since);
    add_outcome(json, logon);
    anonid_json_bool(json, "kept",
                     state == ANONID_STATE_LOGGED_ON
                         && logon->outcome.code != ANONID_LOGON_OK);
    anonid_json_number(json, "failures", logon->streak.failures);
    anonid_json_number(json, "attempts",
                       (long long)anonid_status_table_attempts(account->slot));
    add_time(json, "next_attempt", anonid_logon_next_attempt(logon));
    add_time(json, "renewal", logon->renewal);
    add_time(json, "expires", logon->expires);
    anonid_json_close(json, '}');
}

static void add_all(anonid_json_text_t *json, anonid_logon_t *only)
{
    anonid_json_open(json, NULL, '{');
    add_agent(json);
    anonid_json_open(json, "accounts", '[');
    if (only)
        add_account(json, only);
    else
        anonid_registry_each(add_account, json);
    anonid_json_close(json, ']');
    anonid_json_close(json, '}');
}

static void reply(anonid_client_t *client, const anonid_frame_t *frame,
                  const anonid_json_text_t *json)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    if (json->failed || json->length > ANONID_CTL_REPLY_MAX - 1024) {
        anonid_ctl_reply(client, frame, ANONID_ACCESS_DENIED,
                         "The answer would be too long.",
                         "ask for one account");
        return;
    }
    anonid_writer_begin(&w, ANONID_MSG_STATUS_REPLY, 0, frame->id);
    anonid_writer_text(&w, ANONID_TAG_JSON, json->text);
    (void)anonid_writer_end(&w);
    anonid_client_reply(client, &w);
    anonid_writer_free(&w);
}

void anonid_request_status(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    anonid_json_text_t json = ANONID_JSON_TEXT_INIT;
    anonid_logon_t *only = NULL;
    anonid_field_t field;

    if (anonid_frame_field(frame, ANONID_TAG_ACCOUNT, &field)) {
        only = anonid_ctl_logon(client, frame);
        if (!only)
            return;
    }
    add_all(&json, only);
    reply(client, frame, &json);
    anonid_json_free(&json);
}
