/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to an account: secrets, account files, demands, time. Each
 * event changes what is known; what follows is decided in logon.c.
 */
#include "agent/logon/steps.h"
#include "agent/logon/sync.h"

#include <string.h>

#define LOOK_TIMEOUT apr_time_from_sec(5)

void anonid_logon_doubt(anonid_logon_t *logon)
{
    logon->candidate.due = 1;
    logon->proven.due = logon->proven.version != logon->candidate.version;
    logon->next_attempt = 0;
}

void anonid_logon_adopt(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_secret_hold(secret);
    anonid_versioned_forget(&logon->candidate);
    logon->candidate.secret = secret;
    logon->candidate.version = anonid_logon_new_version();
    logon->candidate.due = 1;
    logon->next_attempt = 0;
}

/* An attempt with the newest secret, even if nothing seems to have changed. */
static void insist(anonid_logon_t *logon)
{
    anonid_versioned_t *candidate = &logon->candidate;

    memset(candidate->checked, 0, sizeof(candidate->checked));
    memset(candidate->made, 0, sizeof(candidate->made));
    candidate->due = 1;
    logon->next_attempt = 0;
}

/* One of the things that were looked for has come. */
static void looked(anonid_logon_t *logon, int what)
{
    if (!(logon->looking & what))
        return;
    logon->looking &= ~what;
    if (logon->looking)
        return;
    logon->look_until = 0;
    if (logon->insistent)
        insist(logon);
    logon->insistent = 0;
}

void anonid_logon_secret(anonid_logon_t *logon, anonid_secret_t *secret)
{
    int is_first = logon->candidate.version == 0;

    anonid_logon_adopt(logon, secret);
    memcpy(logon->source.adopted, logon->source.version,
           sizeof(logon->source.adopted));
    if (is_first)
        anonid_logon_recall(logon);
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_proceed(logon);
}

void anonid_logon_no_secret(anonid_logon_t *logon, const anonid_outcome_t *why)
{
    anonid_versioned_forget(&logon->candidate);
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_fail(logon, why);
}

void anonid_logon_same_secret(anonid_logon_t *logon)
{
    looked(logon, ANONID_LOOK_SECRET);
    anonid_logon_proceed(logon);
}

static int same_file(const anonid_account_file_t *a,
                     const anonid_account_file_t *b)
{
    return a && strcmp(a->path, b->path) == 0
           && strcmp(a->version, b->version) == 0
           && strcmp(a->outcome.detail, b->outcome.detail) == 0;
}

void anonid_logon_file(anonid_logon_t *logon, anonid_account_file_t *file)
{
    int changed = !same_file(logon->file, file);

    anonid_account_file_hold(file);
    anonid_account_file_drop(logon->file);
    logon->file = file;
    if (anonid_sync_file_came(logon)
        || (changed && !anonid_sync_unsettled(logon)))
        anonid_logon_doubt(logon);
    looked(logon, ANONID_LOOK_FILE);
    anonid_logon_proceed(logon);
}

static void ask(anonid_logon_t *logon, anonid_waiter_t *waiter, int insistent)
{
    const anonid_logon_world_t *world = anonid_logon_world();

    anonid_logon_add_waiter(logon, waiter);
    logon->insistent |= insistent;
    if (logon->account->secret)
        logon->looking |= ANONID_LOOK_SECRET;
    if (anonid_logon_wants_file(logon))
        logon->looking |= ANONID_LOOK_FILE;
    if (logon->looking) {
        logon->look_until = world->now() + LOOK_TIMEOUT;
        world->look(logon->name);
    }
    else if (logon->insistent) {
        insist(logon);
        logon->insistent = 0;
    }
    anonid_logon_proceed(logon);
}

void anonid_logon_demand(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, waiter, 1);
}

void anonid_logon_inquire(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, waiter, 0);
}

/* The logon's end came before a renewal succeeded. One that is under way may
 * wait for a server that hangs; visitors are not served until then. */
static void expire(anonid_logon_t *logon)
{
    anonid_logon_unprove(logon);
    if (logon->outcome.code == ANONID_LOGON_OK) {
        anonid_outcome_set(&logon->outcome, ANONID_NO_LOGON_SERVERS,
                           "the logon ended before it could be renewed");
        anonid_streak_failed(logon);
    }
    anonid_logon_settle(logon);
}

static int is_over(apr_time_t when, apr_time_t now)
{
    return when && now >= when;
}

/* A token that its source still has is the same version again, and changes
 * nothing: services go on refusing it, and it is not asked for a second
 * time. */
void anonid_logon_token_refused(anonid_logon_t *logon, unsigned long version)
{
    if (logon->gone || version != logon->proven.version
        || version == logon->asked_anew)
        return;
    logon->asked_anew = version;
    if (logon->account->provider == ANONID_PROVIDER_TOKEN) {
        anonid_logon_world()->look(logon->name);
    }
    else if (logon->account->provider == ANONID_PROVIDER_OAUTH2
             && logon->candidate.version == version) {
        /* The next token is another credential, though the client's secret
         * stays: services have to try that, too. */
        anonid_logon_adopt(logon, logon->candidate.secret);
        logon->asked_anew = logon->candidate.version;
        anonid_logon_proceed(logon);
    }
}

/* Half of a token's life is over: its source may have the next one. To look
 * at the same one again would be of no use. */
static void renew(anonid_logon_t *logon)
{
    logon->renewal = 0;
    if (logon->account->provider == ANONID_PROVIDER_TOKEN)
        anonid_logon_world()->look(logon->name);
    else if (logon->candidate.version == logon->proven.version)
        logon->candidate.due = 1;
    else
        logon->proven.due = 1;
}

void anonid_logon_alarm(anonid_logon_t *logon)
{
    apr_time_t now = anonid_logon_world()->now();

    if (logon->gone)
        return;
    if (is_over(logon->look_until, now))
        looked(logon, logon->looking);
    if (is_over(logon->sync.deadline, now))
        anonid_sync_overdue(logon);
    if (is_over(logon->renewal, now))
        renew(logon);
    if (is_over(logon->expires, now))
        expire(logon);
    anonid_logon_proceed(logon);
}
