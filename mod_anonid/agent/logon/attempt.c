/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One logon attempt: holds all that the provider may look at while it runs on
 * the pool. It must not know what follows from the outcome, but for one thing:
 * a failure that counts is recorded before anybody hears of it, so that an
 * agent that is killed then has not asked in vain.
 */
#include "agent/base/thread_pool.h"
#include "agent/logon/config.h"
#include "agent/logon/events.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/farm.h"
#include "agent/logon/jobs.h"
#include "agent/provider/option.h"
#include "agent/status/table.h"

#include "common/monotonic.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    anonid_attempt_t attempt;
    const anonid_provider_ops_t *provider;
    anonid_logon_t *logon;       /* held, as are the next four */
    anonid_config_t *config;     /* in which the account lives */
    anonid_account_file_t *file; /* whose table is read */
    anonid_secret_t *secret;
    anonid_secret_t *client;
    unsigned long version;
    anonid_loan_t loan; /* of another account's proof */
    apr_interval_time_t took;
    char source[ANONID_VERSION_MAX]; /* of the newest secret's source; "": it
                                        is another secret, or has none */
    int recorded;                    /* the failure, under that version */
} job_t;

static void record(job_t *job)
{
    const anonid_attempt_t *attempt = &job->attempt;

    anonid_loan_record(&job->loan, &attempt->helper);
    if (attempt->unchanged
        || !anonid_failed_counts(attempt->account, job->source,
                                 &attempt->outcome))
        return;
    anonid_failed_store_write(attempt->account, job->source,
                              &attempt->outcome);
    job->recorded = 1;
}

static void run(void *data)
{
    job_t *job = data;
    apr_time_t begin = anonid_monotonic_now();

    job->attempt.unchanged = 0;
    job->provider->logon(&job->attempt);
    job->took = anonid_monotonic_now() - begin;
    record(job);
}

static void tell(anonid_logon_t *logon, unsigned long version,
                 anonid_secret_t *secret, const anonid_attempt_t *attempt,
                 const char *recorded)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_ATTEMPTED,
        .attempted = { version, secret, attempt, recorded },
    };

    anonid_logon_handle(logon, &event);
}

static void finish(void *data)
{
    job_t *job = data;

    if (!job->attempt.unchanged)
        anonid_farm_tell(job->attempt.account, job->secret,
                         &job->attempt.outcome);
    if (!job->attempt.unchanged)
        anonid_status_table_count_attempt(job->attempt.account->slot,
                                          &job->attempt.outcome, job->took);
    tell(job->logon, job->version, job->secret, &job->attempt,
         job->recorded ? job->source : NULL);
    anonid_loan_give_back(&job->loan, &job->attempt.helper);
    anonid_credentials_drop(job->attempt.credentials);
    anonid_secret_drop(job->attempt.rotated);
    anonid_secret_drop(job->secret);
    anonid_secret_drop(job->client);
    anonid_account_file_drop(job->file);
    anonid_config_drop(job->config);
    anonid_logon_drop(job->logon);
    free(job);
}

/* Ends with the outcome that was set here. */
static void fail(job_t *job)
{
    job->attempt.unchanged = 0;
    finish(job);
}

/* Of the account that this one needs to log on, if it needs one. */
static void borrow(job_t *job)
{
    anonid_helper_t *helper = &job->attempt.helper;

    helper->account = anonid_account_helper(job->attempt.account);
    if (helper->account)
        anonid_loan_take(&job->loan, anonid_registry_logon(helper->account),
                         helper);
}

static job_t *make_job(anonid_logon_t *logon, const anonid_versioned_t *what)
{
    job_t *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->logon = anonid_logon_hold(logon);
    job->config = anonid_config_hold(logon->config);
    job->file = anonid_account_file_hold(logon->file);
    job->secret = anonid_secret_hold(what->secret);
    job->client = anonid_secret_hold(logon->client.secret);
    job->version = what->version;
    if (what->version == logon->candidate.version)
        apr_cpystrn(job->source, logon->source.adopted, sizeof(job->source));
    job->attempt.unchanged = 1; /* at the agent's end it is not made at all */
    if (what->version == logon->proven.version) {
        job->attempt.secret_expires = logon->proven.expires;
        job->attempt.expiry_asked = logon->proven.asked;
        job->attempt.proven_since = logon->proven.since;
    }
    memcpy(job->attempt.checked, what->checked, sizeof(what->checked));
    memcpy(job->attempt.made, what->made, sizeof(what->made));
    job->attempt.account = logon->account;
    job->attempt.secret = job->secret;
    job->attempt.client = job->client;
    job->attempt.table = job->file ? job->file->table : NULL;
    borrow(job);
    job->attempt.services =
        anonid_config_tickets(logon->config, logon->account);
    return job;
}

/* What an attempt may have to wait for: its directory, its realm, or the file
 * system of its account file. NULL: for nothing. Accounts of one that hangs
 * must not hold up the others. */
static const char *queue(const anonid_account_t *account)
{
    const char *realm;

    if (account->provider == ANONID_PROVIDER_LDAP
        || account->provider == ANONID_PROVIDER_OAUTH2)
        return account->urls && account->urls->nelts > 0
                   ? APR_ARRAY_IDX(account->urls, 0, const char *)
                   : NULL;
    if (account->provider != ANONID_PROVIDER_KRB5)
        return account->path;
    realm = account->principal ? strrchr(account->principal, '@') : NULL;
    return realm ? realm : "the default realm";
}

/* There is not even a job. */
static void fail_at_once(anonid_logon_t *logon, unsigned long version)
{
    anonid_attempt_t failed;

    memset(&failed, 0, sizeof(failed));
    anonid_outcome_set(&failed.outcome, ANONID_ACCESS_DENIED,
                       "there is no memory for the attempt");
    tell(logon, version, NULL, &failed, NULL);
}

void anonid_attempt_start(anonid_logon_t *logon,
                          const anonid_versioned_t *with)
{
    job_t *job = make_job(logon, with);
    apr_status_t rv;

    if (!job) {
        fail_at_once(logon, with->version);
        return;
    }
    job->provider = anonid_provider_find(logon->account->provider);
    if (!job->provider) {
        anonid_outcome_set(&job->attempt.outcome, ANONID_ACCESS_DENIED,
                           "this agent was built without that provider");
        job->attempt.outcome.kind = ANONID_PERMANENT;
        fail(job);
        return;
    }
    rv = anonid_thread_pool_add_to(queue(logon->account), run, finish, job);
    if (rv == APR_EGENERAL) {
        finish(job); /* the agent ends, which is no failure */
    }
    else if (rv != APR_SUCCESS) {
        anonid_outcome_set(&job->attempt.outcome, ANONID_ACCESS_DENIED,
                           "the attempt could not be started");
        fail(job);
    }
}
