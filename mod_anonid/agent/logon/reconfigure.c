/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account's coming, changing and going with the configuration: what of its
 * logon outlives that.
 */
#include "agent/logon/config.h"
#include "agent/logon/steps.h"
#include "agent/logon/sync.h"

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

static int same_source(const anonid_account_t *a, const anonid_account_t *b)
{
    return !a->sync && !b->sync && a->secret && b->secret
           && strcmp(a->secret, b->secret) == 0;
}

/* Forgets what was learnt about the account as it was. */
static void start_over(anonid_logon_t *logon, const anonid_account_t *account)
{
    anonid_sync_stop(logon);
    anonid_logon_unprove(logon);
    logon->attempted = 0;
    logon->known = ANONID_STATE_PENDING;
    logon->next_attempt = 0;
    logon->oldest = anonid_logon_new_version();
    if (!same_source(logon->account, account)) {
        anonid_versioned_forget(&logon->candidate);
        memset(&logon->source, 0, sizeof(logon->source));
    }
    if (logon->candidate.version)
        logon->candidate.version = anonid_logon_new_version();
    memset(logon->candidate.checked, 0, sizeof(logon->candidate.checked));
    logon->candidate.due = 1;
}

/* An account that an earlier agent could not log on has failed before. */
static void inherit(anonid_logon_t *logon)
{
    apr_time_t since;

    if (anonid_logon_world()->published(logon->account->slot, &since)
        != ANONID_STATE_FAILED)
        return;
    logon->streak.failures = 1;
    logon->streak.since = since;
}

void anonid_logon_configure(anonid_logon_t *logon, anonid_config_t *config,
                            const anonid_account_t *account,
                            anonid_account_file_t *file)
{
    int is_new = !logon->account;
    int is_other = !is_new && !same_account(logon->account, account);

    if (is_other)
        start_over(logon, account);
    anonid_config_hold(config);
    anonid_config_drop(logon->config);
    logon->config = config;
    logon->account = account;
    if (is_new)
        inherit(logon);
    if (is_new || is_other) {
        logon->candidate.due = 1;
        anonid_account_file_hold(file);
        anonid_account_file_drop(logon->file);
        logon->file = file;
    }
    if (!account->sync && !account->secret && !logon->candidate.version)
        anonid_logon_adopt(logon, NULL);
    anonid_logon_proceed(logon);
}

void anonid_logon_end(anonid_logon_t *logon)
{
    const anonid_logon_world_t *world = anonid_logon_world();
    anonid_outcome_t ended;

    logon->gone = 1;
    anonid_sync_stop(logon);
    anonid_logon_unprove(logon);
    world->publish(logon->account->slot, ANONID_STATE_PENDING, ANONID_LOGON_OK,
                   0, 0);
    anonid_outcome_set(&ended, ANONID_ACCESS_DENIED,
                       "the account is no longer configured");
    anonid_logon_answer(logon, &ended);
    world->wake(logon, 0);
}
