/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to an account becomes an event of its logon, together with
 * what a step has to know of the rest of the world. What follows is decided in
 * step.c; who carries it out is not known here.
 */
#include "agent/logon/events.h"
#include "agent/base/backoff.h"
#include "agent/logon/failed_store.h"
#include "agent/provider/option.h"
#include "agent/status/table.h"

#include "common/monotonic.h"

static anonid_logon_executor_t execute;
static unsigned long last_version;

/* What the supervisor has answered, for whatever account: it stores one
 * verifier after the other, and whoever waits has to know that it is at
 * work. */
static unsigned long answers;

void anonid_logon_execute_by(anonid_logon_executor_t executor)
{
    execute = executor;
}

static int helper_is_pending(const anonid_account_t *account)
{
    const char *name = account ? anonid_account_helper(account) : NULL;
    const anonid_logon_t *other = name ? anonid_registry_logon(name) : NULL;

    return other && anonid_logon_state(other) == ANONID_STATE_PENDING;
}

void anonid_logon_handle(anonid_logon_t *logon,
                         const anonid_logon_event_t *event)
{
    anonid_step_t step = {
        .now = anonid_monotonic_now(),
        .date = apr_time_now(),
        .random = anonid_backoff_random(),
        .helper_pending = helper_is_pending(
            event->kind == ANONID_EVENT_CONFIGURED ? event->configured.account
                                                   : logon->account),
        .answers = answers,
        .last_version = last_version,
    };

    anonid_logon_step(logon, event, &step);
    last_version = step.last_version;
    execute(logon, &step);
}

/* Of an event that is no more than its kind. */
static void handle(anonid_logon_t *logon, anonid_logon_event_kind_t kind)
{
    const anonid_logon_event_t event = { .kind = kind };

    anonid_logon_handle(logon, &event);
}

/* ---- configurations ---- */

/* When an earlier agent's failures began; 0: it was logged on, or there was
 * none. */
static apr_time_t failed_since(const anonid_account_t *account)
{
    apr_time_t since;

    return anonid_status_table_state(account->slot, &since)
                   == ANONID_STATE_FAILED
               ? since
               : 0;
}

/* What an earlier agent has warned of. */
static anonid_expiry_t warned_expiry(const anonid_account_t *account)
{
    anonid_expiry_t expiry = { 0, 0 };

    anonid_status_table_expiry(account->slot, &expiry.expires,
                               &expiry.warnings);
    return expiry;
}

void anonid_logon_configure(anonid_logon_t *logon, anonid_config_t *config,
                            const anonid_account_t *account,
                            anonid_account_file_t *file)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_CONFIGURED,
        .configured = { config, account, file, failed_since(account),
                        warned_expiry(account) },
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_end(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_ENDED);
}

/* ---- what the supervisor sends ---- */

/* What an earlier agent has recorded of the first secret's version; NULL:
 * nothing. */
static const anonid_failed_t *recall(const anonid_logon_t *logon,
                                     anonid_failed_t *failed)
{
    char version[ANONID_VERSION_MAX];

    anonid_logon_source_version(logon, version);
    if (logon->candidate.version
        || logon->account->provider == ANONID_PROVIDER_FILE
        || !anonid_failed_store_recall(logon->account, version, failed))
        return NULL;
    return failed;
}

void anonid_logon_secret(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_failed_t failed;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_SECRET,
        .secret = { secret, recall(logon, &failed) },
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_no_secret(anonid_logon_t *logon, const anonid_outcome_t *why)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_NO_SECRET,
        .no_secret = why,
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_same_secret(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_SAME_SECRET);
}

void anonid_logon_file(anonid_logon_t *logon, anonid_account_file_t *file)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_FILE,
        .file = file,
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_verifier_stored(anonid_logon_t *logon, uint32_t number,
                                  int error, const char *text)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_VERIFIER_STORED,
        .stored = { number, error, text },
    };

    answers++;
    anonid_logon_handle(logon, &event);
}

void anonid_logon_token_stored(anonid_logon_t *logon, uint32_t number,
                               int error, const char *text)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_TOKEN_STORED,
        .stored = { number, error, text },
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_new_supervisor(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_NEW_SUPERVISOR);
}

/* ---- what operators ask ---- */

static void ask(anonid_logon_t *logon, anonid_logon_event_kind_t kind,
                anonid_waiter_t *waiter, int insistent)
{
    const anonid_logon_event_t event = {
        .kind = kind,
        .asked = { waiter, insistent },
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_demand(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, ANONID_EVENT_ASKED, waiter, 1);
}

void anonid_logon_inquire(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, ANONID_EVENT_ASKED, waiter, 0);
}

void anonid_logon_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, ANONID_EVENT_ROTATE, waiter, 0);
}

/* ---- other accounts, and time ---- */

void anonid_logon_helper_changed(anonid_logon_t *logon, const char *name)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_HELPER_CHANGED,
        .helper = name,
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_token_refused(anonid_logon_t *logon, unsigned long version)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_TOKEN_REFUSED,
        .version = version,
    };

    anonid_logon_handle(logon, &event);
}

void anonid_logon_alarm(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_TIME);
}
