/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Password synchronisation; see sync.h. How a verifier is made is in
 * secret/verifier.h; how it gets into the file is the parent's business.
 */
#include "agent/logon/sync.h"
#include "agent/base/log.h"
#include "agent/logon/steps.h"
#include "agent/secret/verifier.h"

#include "common/lognos.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT apr_time_from_sec(30)

/* How long a change may take to be seen by those who read the file. */
#define SETTLES apr_time_from_sec(10)

/* What the parent has answered, for whatever account: it stores one verifier
 * after the other, and whoever waits has to know that it is at work. */
static unsigned long answers;

/* The making of one verifier, on the pool. */
typedef struct {
    anonid_logon_t *logon;   /* held, as are the next two */
    anonid_config_t *config; /* in which the scheme lives */
    anonid_secret_t *secret;
    const char *scheme;
    const char *error;
    char verifier[ANONID_VERIFIER_ROOM];
} job_t;

/* Ends what is under way; a rotation that is still wanted stays so. */
static void reset(anonid_logon_t *logon)
{
    anonid_secret_drop(logon->sync.secret);
    logon->sync.secret = NULL;
    logon->sync.stage = ANONID_SYNC_IDLE;
    logon->sync.deadline = 0;
}

void anonid_sync_stop(anonid_logon_t *logon)
{
    reset(logon);
    logon->sync.wanted = 0;
}

/* Where there is an older password it stays in use; where there is none the
 * account could not be logged on. */
static void fail(anonid_logon_t *logon, const anonid_outcome_t *outcome)
{
    reset(logon);
    if (!logon->candidate.version) {
        anonid_logon_fail(logon, outcome);
        return;
    }
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0401) "The password of the account '%s' was not "
                                  "changed, and the old one stays in use: %s",
               logon->name, outcome->detail);
    anonid_logon_answer(logon, outcome);
    anonid_logon_doubt(logon);
    anonid_logon_proceed(logon);
}

static void fail_for(anonid_logon_t *logon, const char *why)
{
    anonid_outcome_t outcome;

    anonid_outcome_set(&outcome, ANONID_ACCESS_DENIED, "%s", why);
    fail(logon, &outcome);
}

static void make_verifier(void *data)
{
    job_t *job = data;

    job->error = anonid_verifier_make(job->verifier, job->scheme, job->secret);
}

static void await_answer(anonid_logon_t *logon)
{
    logon->sync.deadline = anonid_logon_world()->now() + ANSWER_TIMEOUT;
    logon->sync.answers = answers;
}

/* The verifier is made; if it is still wanted it goes to the parent. */
static void verifier_made(void *data)
{
    job_t *job = data;
    anonid_logon_t *logon = job->logon;
    const anonid_logon_world_t *world = anonid_logon_world();

    if (logon->sync.stage == ANONID_SYNC_MAKING
        && logon->sync.secret == job->secret) {
        if (job->error) {
            fail_for(logon, job->error);
        }
        else {
            logon->sync.stage = ANONID_SYNC_STORING;
            anonid_verifier_digest(logon->sync.made, job->verifier);
            await_answer(logon);
            logon->sync.changed = world->now();
            world->store(logon->name, job->verifier);
            anonid_logon_proceed(logon);
        }
    }
    anonid_secret_drop(job->secret);
    anonid_config_drop(job->config);
    anonid_logon_drop(logon);
    free(job);
}

void anonid_sync_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    anonid_logon_add_waiter(logon, waiter);
    logon->sync.wanted = 1;
    anonid_logon_proceed(logon);
}

static job_t *make_job(anonid_logon_t *logon)
{
    job_t *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->logon = anonid_logon_hold(logon);
    job->config = anonid_config_hold(logon->config);
    job->secret = anonid_secret_hold(logon->sync.secret);
    job->scheme = logon->account->scheme;
    return job;
}

void anonid_sync_begin(anonid_logon_t *logon)
{
    job_t *job;

    logon->sync.wanted = 0;
    if (!logon->file->table) {
        fail(logon, &logon->file->outcome);
        return;
    }
    logon->sync.secret = anonid_secret_random();
    job = logon->sync.secret ? make_job(logon) : NULL;
    if (!job) {
        fail_for(logon, "there is no memory for a new password");
        return;
    }
    logon->sync.stage = ANONID_SYNC_MAKING;
    if (anonid_logon_world()->run(NULL, make_verifier, verifier_made, job)
        != APR_SUCCESS) {
        job->error = "the making of a verifier could not be started";
        verifier_made(job);
    }
}

/* What the parent's error means to the account. */
static void explain(anonid_outcome_t *outcome, const anonid_logon_t *logon,
                    int error, const char *text)
{
    const anonid_account_t *account = logon->account;

    if (error == ENOENT && text)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE, "%s", text);
    else if (error == ENOENT)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has no line of '%s': restore it", account->path,
                           account->user);
    else if (error == EEXIST)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has more than one line of '%s'", account->path,
                           account->user);
    else
        anonid_outcome_set(outcome, ANONID_ACCESS_DENIED, "%s",
                           text ? text : strerror(error));
}

/* The file has the verifier of a password that was given up: no other one fits
 * until a new one is stored. */
static void replace_lost(anonid_logon_t *logon)
{
    if (!logon->account || !logon->account->sync)
        return;
    logon->sync.wanted = 1;
    anonid_logon_proceed(logon);
}

void anonid_sync_stored(anonid_logon_t *logon, int error, const char *text)
{
    anonid_outcome_t outcome;

    answers++;
    if (logon->sync.stage == ANONID_SYNC_IDLE && error == 0)
        replace_lost(logon);
    if (logon->sync.stage != ANONID_SYNC_STORING)
        return;
    if (error == 0) {
        logon->sync.stage = ANONID_SYNC_READING;
        return;
    }
    explain(&outcome, logon, error, text);
    fail(logon, &outcome);
}

int anonid_sync_file_came(anonid_logon_t *logon)
{
    if (logon->sync.stage != ANONID_SYNC_READING)
        return 0;
    logon->sync.changed = anonid_logon_world()->now();
    anonid_logon_adopt(logon, logon->sync.secret);
    memcpy(logon->candidate.made, logon->sync.made, sizeof(logon->sync.made));
    reset(logon);
    return 1;
}

int anonid_sync_unsettled(const anonid_logon_t *logon)
{
    return logon->sync.stage == ANONID_SYNC_STORING
           || logon->sync.stage == ANONID_SYNC_READING;
}

int anonid_sync_settling(const anonid_logon_t *logon)
{
    apr_time_t since = anonid_logon_world()->now() - logon->sync.changed;

    return anonid_sync_unsettled(logon)
           || (logon->sync.changed && since >= 0 && since < SETTLES);
}

void anonid_sync_overdue(anonid_logon_t *logon)
{
    if (logon->sync.answers != answers) {
        await_answer(logon);
        return;
    }
    logon->sync.deadline = 0;
    logon->sync.wanted |= logon->sync.stage == ANONID_SYNC_READING;
    fail_for(logon, "the new password's verifier was not stored in time");
}

void anonid_sync_again(anonid_logon_t *logon)
{
    if (logon->sync.stage != ANONID_SYNC_STORING)
        return;
    reset(logon);
    logon->sync.wanted = 1;
    anonid_logon_proceed(logon);
}
