/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account's coming, changing and going with the configuration: what of its
 * logon outlives that.
 */
#include "agent/logon/config.h"
#include "agent/logon/machine.h"

#include <string.h>

/* All fields, so that a new one cannot be forgotten: as on the wire. */
static int same_account(const anonid_account_t *a, const anonid_account_t *b)
{
    anonid_writer_t wa = ANONID_WRITER_INIT, wb = ANONID_WRITER_INIT;
    int same = anonid_account_encode(&wa, a) && anonid_account_encode(&wb, b)
               && wa.length == wb.length
               && memcmp(wa.data, wb.data, wa.length) == 0;

    anonid_writer_free(&wa);
    anonid_writer_free(&wb);
    return same;
}

static int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int same_source(const anonid_account_t *a, const anonid_account_t *b)
{
    return !a->sync && !b->sync && anonid_account_source(a)
           && same_text(a->secret, b->secret)
           && same_text(a->refresh, b->refresh);
}

/* Forgets what was learnt about the account as it was. */
static void start_over(anonid_logon_t *logon, anonid_step_t *step,
                       const anonid_account_t *account)
{
    anonid_rotation_stop(logon);
    anonid_logon_unprove(logon, step);
    logon->attempted = 0;
    logon->known = ANONID_STATE_PENDING;
    logon->next_attempt = 0;
    logon->oldest = ++step->last_version;
    if (!same_source(logon->account, account)) {
        anonid_versioned_forget(&logon->candidate);
        memset(&logon->source, 0, sizeof(logon->source));
        anonid_secret_drop(logon->client.secret);
        anonid_secret_drop(logon->client.waiting);
        memset(&logon->client, 0, sizeof(logon->client));
        anonid_refresh_forget(logon);
    }
    if (logon->candidate.version)
        logon->candidate.version = ++step->last_version;
    memset(logon->candidate.checked, 0, sizeof(logon->candidate.checked));
}

/* An account that an earlier agent could not log on has failed before; and
 * what that has warned of is not said again. */
static void inherit(anonid_logon_t *logon, const anonid_step_t *step,
                    const anonid_logon_event_t *event)
{
    logon->expiry = event->configured.expiry;
    if (!event->configured.failed_since)
        return;
    logon->streak.failures = 1;
    logon->streak.since =
        anonid_step_moment(step, event->configured.failed_since);
}

static void take_config(anonid_logon_t *logon, anonid_config_t *config,
                        const anonid_account_t *account)
{
    anonid_config_hold(config);
    anonid_config_drop(logon->config);
    logon->config = config;
    logon->account = account;
}

static void take_file(anonid_logon_t *logon, anonid_account_file_t *file)
{
    anonid_account_file_hold(file);
    anonid_account_file_drop(logon->file);
    logon->file = file;
}

void anonid_account_configured(anonid_logon_t *logon, anonid_step_t *step,
                               const anonid_logon_event_t *event)
{
    const anonid_account_t *account = event->configured.account;
    int is_new = !logon->account;
    int is_other = !is_new && !same_account(logon->account, account);

    if (is_other)
        start_over(logon, step, account);
    take_config(logon, event->configured.config, account);
    if (is_new)
        inherit(logon, step, event);
    if (is_new || is_other) {
        logon->candidate.due = 1;
        take_file(logon, event->configured.file);
    }
    if (!account->sync && !anonid_account_source(account)
        && !logon->candidate.version)
        anonid_logon_adopt(logon, step, NULL);
}

void anonid_account_ended(anonid_logon_t *logon, anonid_step_t *step)
{
    logon->gone = 1;
    anonid_rotation_stop(logon);
    anonid_logon_unprove(logon, step);
    anonid_effect_add(step, ANONID_EFFECT_PUBLISH)->published.state =
        ANONID_STATE_PENDING;
    anonid_effect_add(step, ANONID_EFFECT_ALARM)->when = 0;
    anonid_account_answer_ended(logon, step);
}

void anonid_account_answer_ended(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_outcome_t ended;

    anonid_outcome_set(&ended, ANONID_ACCESS_DENIED,
                       "the account is no longer configured");
    anonid_waiters_answer(logon, step, &ended);
}
