/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new password of our own, and its verifier; see jobs.h. How a verifier is
 * made is in secret/verifier.h; it must not know how it gets into the file.
 */
#include "agent/base/thread_pool.h"
#include "agent/logon/config.h"
#include "agent/logon/events.h"
#include "agent/logon/jobs.h"
#include "agent/secret/verifier.h"

#include <stdlib.h>

typedef struct {
    anonid_logon_t *logon;   /* held, as are the next two */
    anonid_config_t *config; /* in which the scheme lives */
    anonid_secret_t *secret;
    uint32_t number;
    const char *scheme;
    int ended;         /* 0: the agent ends before it is made, and nobody is
                          to hear of it */
    const char *error; /* NULL: it is made */
    char verifier[ANONID_VERIFIER_ROOM];
} job_t;

static void make(void *data)
{
    job_t *job = data;

    job->error = anonid_verifier_make(job->verifier, job->scheme, job->secret);
    job->ended = 1;
}

static void tell(anonid_logon_t *logon, uint32_t number,
                 anonid_secret_t *secret, const char *verifier,
                 const char *error)
{
    const anonid_logon_event_t made = {
        .kind = ANONID_EVENT_VERIFIER_MADE,
        .made = { number, secret, verifier, error },
    };

    anonid_logon_handle(logon, &made);
}

static void finish(void *data)
{
    job_t *job = data;

    if (job->ended)
        tell(job->logon, job->number, job->secret, job->verifier, job->error);
    anonid_secret_drop(job->secret);
    anonid_config_drop(job->config);
    anonid_logon_drop(job->logon);
    free(job);
}

static job_t *make_job(anonid_logon_t *logon, uint32_t number)
{
    anonid_secret_t *secret = anonid_secret_random();
    job_t *job = secret ? calloc(1, sizeof(*job)) : NULL;

    if (!job) {
        anonid_secret_drop(secret);
        return NULL;
    }
    job->logon = anonid_logon_hold(logon);
    job->config = anonid_config_hold(logon->config);
    job->secret = secret;
    job->number = number;
    job->scheme = logon->account->scheme;
    return job;
}

static void fail(job_t *job)
{
    job->error = "the making of a verifier could not be started";
    job->ended = 1;
    finish(job);
}

void anonid_new_password_start(anonid_logon_t *logon, uint32_t number)
{
    job_t *job = make_job(logon, number);
    apr_status_t rv;

    if (!job) {
        tell(logon, number, NULL, NULL,
             "there is no memory for a new password");
        return;
    }
    rv = anonid_thread_pool_add(make, finish, job);
    if (rv == APR_EGENERAL)
        finish(job);
    else if (rv != APR_SUCCESS)
        fail(job);
}
