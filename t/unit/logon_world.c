/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for the logon machine; see logon_world.h.
 */
#include "logon_world.h"

#include "agent/logon/config.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS 16

typedef struct {
    anonid_work_t work, done;
    void *data;
} job_t;

logon_world_t world;
static job_t jobs[JOBS];
static int n_jobs;

static apr_time_t now(void)
{
    return world.now;
}

static uint32_t random_number(void)
{
    return 0;
}

static apr_status_t run(const char *queue, anonid_work_t work,
                        anonid_work_t done, void *data)
{
    (void)queue;
    if (n_jobs == JOBS)
        return APR_EGENERAL;
    jobs[n_jobs++] = (job_t){ work, done, data };
    return APR_SUCCESS;
}

/* Ends the oldest job, which is run before or not. */
static int take(int is_run)
{
    job_t job = jobs[0];

    if (n_jobs == 0)
        return 0;
    n_jobs--;
    memmove(jobs, jobs + 1, sizeof(jobs[0]) * (size_t)n_jobs);
    if (is_run)
        job.work(job.data);
    job.done(job.data);
    return 1;
}

int world_run(void)
{
    return take(1);
}

void world_run_all(void)
{
    while (world_run())
        continue;
}

void world_drop_all(void)
{
    while (take(0))
        continue;
}

static void logon(anonid_attempt_t *attempt)
{
    world.attempts++;
    apr_cpystrn(world.tried,
                attempt->secret ? anonid_secret_data(attempt->secret) : "",
                sizeof(world.tried));
    anonid_outcome_set(&attempt->outcome, world.answer, "as told");
    if (world.answer_kind >= 0)
        attempt->outcome.kind = (anonid_failure_kind_t)world.answer_kind;
    if (world.answer == ANONID_LOGON_OK)
        attempt->outcome.expires = world.expires;
}

static const anonid_provider_ops_t provider = { "fake", ANONID_PROVIDER_KRB5,
                                                logon, NULL };

static const anonid_provider_ops_t *find_provider(anonid_provider_t id)
{
    (void)id;
    return &provider;
}

static void wake(anonid_logon_t *l, apr_time_t when)
{
    (void)l;
    world.wake = when;
}

static void publish(int slot, anonid_state_t state, anonid_failure_t code,
                    apr_time_t expires, apr_time_t next_attempt)
{
    (void)slot;
    (void)code;
    (void)expires;
    world.state = state;
    world.next_attempt = next_attempt;
}

static void count_attempt(int slot)
{
    (void)slot;
}

static anonid_state_t published(int slot, apr_time_t *since)
{
    (void)slot;
    *since = world.now - apr_time_from_sec(60);
    return world.inherited;
}

static void warn(const char *account, const anonid_outcome_t *outcome,
                 int kept)
{
    (void)account;
    world.warnings++;
    world.warned_of = *outcome;
    world.kept = kept;
}

static void recovered(const char *account, unsigned failures, unsigned seconds)
{
    (void)account;
    world.recoveries++;
    world.failures = failures;
    world.seconds = seconds;
}

static void store(const char *account, const char *verifier)
{
    (void)account;
    world.stores++;
    apr_cpystrn(world.verifier, verifier, sizeof(world.verifier));
}

static void look(const char *account)
{
    (void)account;
    world.looks++;
}

static void proven(const char *account, unsigned long version)
{
    (void)account;
    world.version = version;
    world.version_changes++;
}

static anonid_logon_t *find(const char *account)
{
    return world.other && strcmp(world.other->name, account) == 0 ? world.other
                                                                  : NULL;
}

static void changed(const char *account)
{
    (void)account;
    world.changes++;
}

static int recall(const anonid_account_t *account, const char *version,
                  anonid_failed_t *failed)
{
    (void)account;
    *failed = world.failed;
    return *version && strcmp(world.failed.version, version) == 0;
}

static void remember(const anonid_account_t *account, const char *version,
                     const anonid_outcome_t *outcome)
{
    (void)account;
    world.records++;
    world.failed.outcome = *outcome;
    world.failed.when = world.now;
    apr_cpystrn(world.failed.version, version, sizeof(world.failed.version));
}

static void forget(const anonid_account_t *account)
{
    (void)account;
    world.failed.version[0] = '\0';
}

static const anonid_logon_world_t functions = {
    .now = now,
    .random = random_number,
    .run = run,
    .provider = find_provider,
    .wake = wake,
    .publish = publish,
    .count_attempt = count_attempt,
    .published = published,
    .warn = warn,
    .recovered = recovered,
    .store = store,
    .look = look,
    .find = find,
    .changed = changed,
    .proven = proven,
    .recall = recall,
    .remember = remember,
    .forget = forget,
};

/* A configuration that holds nothing but its own life. */
static anonid_config_t *empty_config(void)
{
    apr_pool_t *pool;
    anonid_config_t *config;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
    config = apr_pcalloc(pool, sizeof(*config));
    config->pool = pool;
    config->holders = 1;
    config->tickets = apr_hash_make(pool);
    return config;
}

void world_configure(anonid_logon_t *l, const anonid_account_t *account)
{
    anonid_config_t *config = empty_config();

    anonid_logon_configure(l, config, account, l->file);
    anonid_config_drop(config);
}

anonid_logon_t *world_begin(const anonid_account_t *account)
{
    anonid_state_t inherited = world.inherited;
    anonid_logon_t *l = anonid_logon_make(account->name);

    memset(&world, 0, sizeof(world));
    world.now = apr_time_from_sec(1000000);
    world.answer_kind = -1;
    world.inherited = inherited;
    n_jobs = 0;
    anonid_logon_set_world(&functions);
    world_configure(l, account);
    return l;
}

void world_end(anonid_logon_t *l)
{
    anonid_logon_end(l);
    world_run_all();
    anonid_logon_drop(l);
    world.inherited = ANONID_STATE_PENDING;
}

void world_turn(anonid_logon_t *l, apr_interval_time_t by)
{
    apr_time_t until = world.now + by;

    world_run_all();
    while (world.wake && world.wake <= until) {
        if (world.wake > world.now)
            world.now = world.wake;
        anonid_logon_alarm(l);
        world_run_all();
    }
    world.now = until;
}

void world_secret(anonid_logon_t *l, const char *text)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_PASSWORD, text, strlen(text));

    anonid_logon_secret(l, secret);
    anonid_secret_drop(secret);
}

void world_file(anonid_logon_t *l, const char *version)
{
    anonid_account_file_t *file =
        anonid_account_file_make("/accounts", version, dup(0));

    anonid_logon_file(l, file);
    anonid_account_file_drop(file);
}

void world_no_file(anonid_logon_t *l, int error)
{
    anonid_account_file_t *file =
        anonid_account_file_failed("/accounts", error, strerror(error));

    anonid_logon_file(l, file);
    anonid_account_file_drop(file);
}
