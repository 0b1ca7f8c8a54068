/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATUS: how the accounts stand, all of them or one; see
 * common/account_status.h.
 */
#include "agent/logon/config.h"
#include "agent/logon/logon.h"
#include "agent/request/account.h"
#include "agent/request/requests.h"
#include "agent/status/table.h"

#include "common/account_status.h"
#include "common/build.h"
#include "common/monotonic.h"
#include "common/protocol.h"

#include <unistd.h>

/* What a header and one more account may take. */
#define SPARE 2048

static apr_time_t started;

void anonid_request_status_start(void)
{
    started = apr_time_now();
}

static void add_agent(anonid_writer_t *w)
{
    const anonid_config_t *config = anonid_config_current();
    const anonid_agent_status_t agent = {
        .version = ANONID_VERSION,
        .pid = (uint32_t)getpid(),
        .started = started,
        .generation = config ? config->generation : 0,
    };

    anonid_agent_status_encode(w, &agent);
}

static void add_account(void *context, anonid_logon_t *logon)
{
    const anonid_account_t *account = logon->account;
    anonid_account_status_t status = {
        .name = account->name,
        .provider = account->provider,
        .sync = account->sync,
        .state = anonid_logon_state(logon),
        .attempted = logon->attempted,
        .code = logon->outcome.code,
        .detail = logon->outcome.detail,
        .failures = logon->streak.failures,
        .attempts = anonid_status_table_attempts(account->slot),
        .next_attempt =
            anonid_monotonic_date(anonid_logon_next_attempt(logon)),
        .renewal = anonid_monotonic_date(logon->renewal),
        .expires = logon->expires ? logon->expires
                                  : anonid_monotonic_date(logon->ends),
        .secret_expires = logon->proven.expires,
    };

    (void)anonid_status_table_state(account->slot, &status.since);
    anonid_account_status_encode(context, &status);
}

void anonid_request_status(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_logon_t *only = NULL;
    anonid_field_t field;

    if (anonid_frame_field(frame, ANONID_TAG_ACCOUNT, &field)) {
        only = anonid_ctl_logon(client, frame);
        if (!only)
            return;
    }
    anonid_writer_begin(&w, ANONID_MSG_STATUS_REPLY, 0, frame->id);
    add_agent(&w);
    if (only)
        add_account(&w, only);
    else
        anonid_registry_each(add_account, &w);
    if (anonid_writer_end(&w) && w.length < ANONID_CTL_REPLY_MAX - SPARE)
        anonid_client_reply(client, &w);
    else
        anonid_ctl_reply(client, frame, ANONID_ACCESS_DENIED,
                         "The answer would be too long.",
                         "ask for one account");
    anonid_writer_free(&w);
}
