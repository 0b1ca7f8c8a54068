/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for the logon machine; see logon_world.h.
 */
#include "logon_world.h"

#include "agent/logon/config.h"
#include "agent/logon/events.h"
#include "agent/provider/option.h"
#include "agent/secret/verifier.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An attempt, or the making of a verifier. */
typedef struct job_t job_t;
struct job_t {
    job_t *next;
    anonid_effect_kind_t kind;
    anonid_logon_t *logon;   /* held */
    anonid_secret_t *secret; /* held */
    unsigned long number;    /* or version */
    unsigned char checked[ANONID_DIGEST_OCTETS];
};

logon_world_t world;
static unsigned long last_version, answers;
static job_t *jobs, **last_job = &jobs;

/* Where the ends of jobs go. */
static void (*tell)(anonid_logon_t *logon,
                    const anonid_logon_event_t *event) = world_handle;

/* ---- effects ---- */

static void add_job(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    int is_attempt = effect->kind == ANONID_EFFECT_ATTEMPT;
    const anonid_versioned_t *with = is_attempt ? effect->with : NULL;
    job_t *job = calloc(1, sizeof(*job));

    if (!job)
        abort();
    *last_job = job;
    last_job = &job->next;
    job->kind = effect->kind;
    job->logon = anonid_logon_hold(logon);
    job->number = with ? with->version : effect->number;
    if (!with)
        return;
    job->secret = anonid_secret_hold(with->secret);
    memcpy(job->checked, with->checked, sizeof(job->checked));
}

static void record(const anonid_effect_t *effect)
{
    world.records++;
    world.failed.outcome = effect->failed.outcome;
    world.failed.when = world_date();
    apr_cpystrn(world.failed.version, effect->failed.version,
                sizeof(world.failed.version));
}

static void recover(const anonid_effect_t *effect)
{
    world.recoveries++;
    world.failures = effect->recovered.failures;
    world.seconds = effect->recovered.seconds;
}

static void warn(const anonid_effect_t *effect)
{
    world.warnings++;
    world.warned_of = effect->warning.outcome;
    world.kept = effect->warning.kept;
}

static void prove(const anonid_effect_t *effect)
{
    world.version = effect->version;
    world.version_changes++;
}

static void publish(const anonid_effect_t *effect)
{
    world.state = effect->published.state;
    world.next_attempt = effect->published.next_attempt;
    world.expiry = effect->published.expiry;
}

static void store_token(const anonid_effect_t *effect)
{
    world.token_stores++;
    world.token_number = effect->token.number;
    apr_cpystrn(world.token, anonid_secret_data(effect->token.secret),
                sizeof(world.token));
}

static void carry_out(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    switch (effect->kind) {
    case ANONID_EFFECT_FORGET_FAILED:
        world.failed.version[0] = '\0';
        break;
    case ANONID_EFFECT_RECORD_FAILED:
        record(effect);
        break;
    case ANONID_EFFECT_PROVEN:
        prove(effect);
        break;
    case ANONID_EFFECT_RECOVERED:
        recover(effect);
        break;
    case ANONID_EFFECT_PUBLISH:
        publish(effect);
        break;
    case ANONID_EFFECT_WARN:
        warn(effect);
        break;
    case ANONID_EFFECT_WARN_EXPIRY:
        world.expiry_warnings++;
        world.warned_expiry = effect->when;
        break;
    case ANONID_EFFECT_NOT_ROTATED:
        world.not_rotated++;
        break;
    case ANONID_EFFECT_TELL_OTHERS:
        world.changes++;
        break;
    case ANONID_EFFECT_LOOK:
        world.looks++;
        break;
    case ANONID_EFFECT_STORE:
        world.stores++;
        world.store = effect->store.number;
        apr_cpystrn(world.verifier, effect->store.verifier,
                    sizeof(world.verifier));
        break;
    case ANONID_EFFECT_STORE_TOKEN:
        store_token(effect);
        break;
    case ANONID_EFFECT_NOT_STORED:
        world.not_stored += effect->why.code != ANONID_LOGON_OK;
        world.stored_again += effect->why.code == ANONID_LOGON_OK;
        break;
    case ANONID_EFFECT_ALARM:
        world.wake = effect->when;
        break;
    case ANONID_EFFECT_MAKE_VERIFIER:
    case ANONID_EFFECT_ATTEMPT:
        add_job(logon, effect);
        break;
    case ANONID_EFFECT_ANSWER:
        anonid_waiters_tell(effect->answer.waiters, &effect->answer.outcome);
        break;
    default:
        abort();
    }
}

static void execute(anonid_logon_t *logon, const anonid_step_t *step)
{
    for (int i = 0; i < step->n_effects; i++)
        carry_out(logon, &step->effects[i]);
}

/* ---- steps ---- */

apr_time_t world_date(void)
{
    return world.now + world.set;
}

static int helper_is_pending(const anonid_account_t *account)
{
    const char *name = account ? anonid_account_helper(account) : NULL;

    return name && world.other && strcmp(world.other->name, name) == 0
           && anonid_logon_state(world.other) == ANONID_STATE_PENDING;
}

void world_handle(anonid_logon_t *logon, const anonid_logon_event_t *event)
{
    anonid_step_t step = {
        .now = world.now,
        .date = world_date(),
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

void world_join(void)
{
    anonid_logon_execute_by(execute);
    tell = anonid_logon_handle;
}

/* ---- jobs ---- */

static void log_on(anonid_attempt_t *attempt)
{
    world.attempts++;
    apr_cpystrn(world.tried,
                attempt->secret ? anonid_secret_data(attempt->secret) : "",
                sizeof(world.tried));
    anonid_outcome_set(&attempt->outcome, world.answer, "as told");
    if (world.answer_kind >= 0)
        attempt->outcome.kind = (anonid_failure_kind_t)world.answer_kind;
    if (world.rotated)
        attempt->rotated = anonid_secret_make(
            ANONID_SECRET_REFRESH, world.rotated, strlen(world.rotated));
    world.rotated = NULL;
    if (world.answer != ANONID_LOGON_OK)
        return;
    attempt->outcome.expires = world.expires;
    attempt->outcome.life = world.life;
    attempt->secret_expires = world.secret_ends;
}

static void end_attempt(const job_t *job, int is_run)
{
    anonid_attempt_t attempt;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_ATTEMPTED,
        .attempted = { job->number, job->secret, &attempt, world.recorded },
    };

    memset(&attempt, 0, sizeof(attempt));
    memcpy(attempt.checked, job->checked, sizeof(job->checked));
    attempt.secret = job->secret;
    attempt.unchanged = !is_run;
    if (is_run)
        log_on(&attempt);
    tell(job->logon, &event);
    anonid_secret_drop(attempt.rotated);
}

static void end_verifier(const job_t *job)
{
    char verifier[ANONID_VERIFIER_ROOM] = "";
    anonid_secret_t *secret = anonid_secret_random();
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_VERIFIER_MADE,
        .made = { job->number, secret, verifier,
                  anonid_verifier_make(verifier, job->logon->account->scheme,
                                       secret) },
    };

    tell(job->logon, &event);
    anonid_secret_drop(secret);
}

/* Ends the oldest job, which is run before or not. */
static int take(int is_run)
{
    job_t *job = jobs;

    if (!job)
        return 0;
    jobs = job->next;
    if (!jobs)
        last_job = &jobs;
    if (job->kind == ANONID_EFFECT_ATTEMPT)
        end_attempt(job, is_run);
    else if (is_run)
        end_verifier(job);
    anonid_secret_drop(job->secret);
    anonid_logon_drop(job->logon);
    free(job);
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

/* ---- events ---- */

static void handle(anonid_logon_t *logon, anonid_logon_event_kind_t kind)
{
    const anonid_logon_event_t event = { .kind = kind };

    world_handle(logon, &event);
}

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
    apr_time_t failed_since = world.inherited == ANONID_STATE_FAILED
                                  ? world_date() - apr_time_from_sec(60)
                                  : 0;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_CONFIGURED,
        .configured = { config, account, l->file, failed_since, world.expiry },
    };

    world_handle(l, &event);
    anonid_config_drop(config);
}

anonid_logon_t *world_begin(const anonid_account_t *account)
{
    anonid_state_t inherited = world.inherited;
    anonid_expiry_t expiry = world.expiry;
    anonid_logon_t *l = anonid_logon_make(account->name);

    memset(&world, 0, sizeof(world));
    world.now = apr_time_from_sec(1000);
    world.set = apr_time_from_sec(1000000);
    world.answer_kind = -1;
    world.inherited = inherited;
    world.expiry = expiry;
    tell = world_handle;
    world_configure(l, account);
    return l;
}

void world_end(anonid_logon_t *l)
{
    handle(l, ANONID_EVENT_ENDED);
    world_run_all();
    anonid_logon_drop(l);
    world.inherited = ANONID_STATE_PENDING;
}

void world_set_clock(anonid_logon_t *logon, apr_interval_time_t by)
{
    world.set += by;
    world_alarm(logon);
}

void world_alarm(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_TIME);
}

void world_turn(anonid_logon_t *l, apr_interval_time_t by)
{
    apr_time_t until = world.now + by;

    world_run_all();
    while (world.wake && world.wake <= until) {
        if (world.wake > world.now)
            world.now = world.wake;
        world_alarm(l);
        world_run_all();
    }
    world.now = until;
}

void world_secret(anonid_logon_t *l, const char *text)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_PASSWORD, text, strlen(text));
    int is_recorded = l->source.version[0]
                      && strcmp(world.failed.version, l->source.version) == 0;
    anonid_failed_t failed = world.failed;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_SECRET,
        .secret = { secret, is_recorded ? &failed : NULL },
    };

    world_handle(l, &event);
    anonid_secret_drop(secret);
}

void world_no_secret(anonid_logon_t *logon, const char *why)
{
    anonid_outcome_t outcome;
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_NO_SECRET,
        .no_secret = &outcome,
    };

    anonid_outcome_set(&outcome, ANONID_ACCESS_DENIED, "%s", why);
    world_handle(logon, &event);
}

void world_same_secret(anonid_logon_t *logon)
{
    handle(logon, ANONID_EVENT_SAME_SECRET);
}

static void take_file(anonid_logon_t *logon, anonid_account_file_t *file)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_FILE,
        .file = file,
    };

    world_handle(logon, &event);
    anonid_account_file_drop(file);
}

void world_file(anonid_logon_t *l, const char *version)
{
    take_file(l, anonid_account_file_make("/accounts", version, dup(0)));
}

void world_no_file(anonid_logon_t *l, int error)
{
    take_file(l,
              anonid_account_file_failed("/accounts", error, strerror(error)));
}

static void ask(anonid_logon_t *logon, anonid_logon_event_kind_t kind,
                anonid_waiter_t *waiter)
{
    const anonid_logon_event_t event = {
        .kind = kind,
        .asked = { waiter, kind == ANONID_EVENT_ASKED },
    };

    world_handle(logon, &event);
}

void world_demand(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, ANONID_EVENT_ASKED, waiter);
}

void world_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter)
{
    ask(logon, ANONID_EVENT_ROTATE, waiter);
}

void world_stored(anonid_logon_t *logon, int error, const char *text)
{
    world_stored_of(logon, world.store, error, text);
}

void world_stored_of(anonid_logon_t *logon, uint32_t number, int error,
                     const char *text)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_VERIFIER_STORED,
        .stored = { number, error, text },
    };

    answers++;
    world_handle(logon, &event);
}

void world_helper_changed(anonid_logon_t *logon, const char *name)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_HELPER_CHANGED,
        .helper = name,
    };

    world_handle(logon, &event);
}
