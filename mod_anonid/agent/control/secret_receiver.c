/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from the sources of secrets and from account files; see
 * secret_receiver.h.
 */
#include "agent/control/secret_receiver.h"
#include "agent/base/log.h"
#include "agent/base/thread_pool.h"
#include "agent/logon/config.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/logon.h"

#include "common/lognos.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_TIMEOUT apr_time_from_sec(10)

/* The reading of one secret, on the pool. */
typedef struct {
    anonid_logon_t *logon;   /* held */
    anonid_config_t *config; /* held: the account lives in it */
    const anonid_account_t *account;
    int of_client;        /* what goes with the refresh token */
    int is_first;         /* of the account: it may have failed before */
    unsigned long number; /* of this reading; a newer one outdates it */
    int fd;
    anonid_secret_kind_t kind;
    anonid_secret_t *secret;
    const char *why;
} job_t;

/* The texts of one frame, which live as long as it is looked at. */
static apr_pool_t *begin(void)
{
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
    return pool;
}

/* The logon that the frame is about, or NULL. */
static anonid_logon_t *find_logon(const anonid_frame_t *frame,
                                  apr_pool_t *pool)
{
    const char *name = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool);
    anonid_logon_t *logon = name ? anonid_registry_logon(name) : NULL;

    if (!logon)
        anonid_log(ANONID_LOG_DEBUG, "%s is about an account unknown here: %s",
                   anonid_message_name(frame->type), name ? name : "none");
    return logon;
}

static const char *text_or(const anonid_frame_t *frame, uint16_t tag,
                           apr_pool_t *pool, const char *fallback)
{
    const char *text = anonid_frame_text(frame, tag, pool);

    return text ? text : fallback;
}

/* ---- secrets ---- */

static void read_secret(void *data)
{
    job_t *job = data;

    if (job->is_first)
        anonid_failed_store_read(job->account);
    job->secret =
        anonid_secret_read(job->fd, job->kind, READ_TIMEOUT, &job->why);
}

/* One of an account's two sources. */
static anonid_source_t *source_of(anonid_logon_t *logon, int of_client)
{
    return of_client ? &logon->client.source : &logon->source;
}

/* What a program prints has no version of its own: it is looked at. */
static int is_program(const anonid_logon_t *logon, int of_client)
{
    const char *source = of_client
                             ? anonid_account_client_source(logon->account)
                             : anonid_account_source(logon->account);

    return source && strncmp(source, "exec:", 5) == 0;
}

/* The account is whole with both; a new secret of the client makes another
 * version of the account's. */
static void deliver(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_secret_t *waiting = logon->client.waiting;

    anonid_secret_hold(secret);
    logon->client.waiting = NULL;
    if (anonid_account_client_source(logon->account) && !logon->client.secret)
        logon->client.waiting = anonid_secret_hold(secret);
    else
        anonid_logon_secret(logon, secret);
    anonid_secret_drop(waiting);
    anonid_secret_drop(secret);
}

/* Nothing is new, and nothing more is on its way. */
static void tell_same(anonid_logon_t *logon)
{
    if (!logon->source.reading && !logon->client.source.reading)
        anonid_logon_same_secret(logon);
}

/* A program that fails takes back nothing: what it printed before may well be
 * right, and if that was refused it must not be tried again only because the
 * program failed in between. And a refresh token that is known here may be
 * newer than its file. */
static int keep_old_secret(anonid_logon_t *logon, int of_client,
                           const char *why)
{
    int has_old = of_client ? logon->client.secret != NULL
                            : logon->candidate.version != 0;

    if (!has_old
        || (!is_program(logon, of_client)
            && (of_client || !logon->account->refresh)))
        return 0;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0045) "The secret of the account '%s' could not "
                                  "be asked for again, and is used as it is: "
                                  "%s",
               logon->name, why);
    tell_same(logon);
    return 1;
}

/* The refresh token is of no use until the client's secret is back. */
static void put_aside(anonid_logon_t *logon)
{
    anonid_secret_drop(logon->client.secret);
    logon->client.secret = NULL;
    if (!logon->client.waiting)
        logon->client.waiting = anonid_secret_hold(logon->candidate.secret);
}

/* retry: the parent does not know of it, and has to be asked again. */
static void refuse_secret(anonid_logon_t *logon, int of_client,
                          const char *why, int retry)
{
    anonid_source_t *source = source_of(logon, of_client);
    anonid_outcome_t outcome;

    source->reading = 0;
    if (keep_old_secret(logon, of_client, why))
        return;
    if (of_client)
        put_aside(logon);
    logon->source.retry = retry;
    source->version[0] = '\0';
    anonid_outcome_set(&outcome, ANONID_ACCESS_DENIED, "%s%s",
                       of_client ? "the client's secret: " : "", why);
    anonid_logon_no_secret(logon, &outcome);
}

static void take_client(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_secret_t *with = logon->client.waiting ? logon->client.waiting
                                                  : logon->candidate.secret;

    if (anonid_secret_is_same(secret, logon->client.secret)) {
        tell_same(logon);
        return;
    }
    anonid_secret_drop(logon->client.secret);
    logon->client.secret = anonid_secret_hold(secret);
    if (with)
        deliver(logon, with);
}

static int is_known(anonid_logon_t *logon, anonid_secret_t *secret)
{
    if (logon->account->refresh)
        return anonid_logon_refresh_known(logon, secret);
    return is_program(logon, 0)
           && anonid_secret_is_same(secret, logon->candidate.secret);
}

static void take_read(anonid_logon_t *logon, const job_t *job)
{
    if (!job->secret)
        refuse_secret(logon, job->of_client, job->why, 1);
    else if (job->of_client)
        take_client(logon, job->secret);
    else if (is_known(logon, job->secret))
        tell_same(logon);
    else
        deliver(logon, job->secret);
}

static void secret_read(void *data)
{
    job_t *job = data;
    anonid_logon_t *logon = job->logon;
    anonid_source_t *source = source_of(logon, job->of_client);

    if (!logon->gone && source->reading == job->number) {
        source->reading = 0;
        take_read(logon, job);
    }
    anonid_secret_drop(job->secret);
    anonid_config_drop(job->config);
    anonid_logon_drop(logon);
    close(job->fd);
    free(job);
}

static void start_reading(anonid_logon_t *logon, int of_client, int fd)
{
    static unsigned long last_number;
    job_t *job = calloc(1, sizeof(*job));

    if (!job) {
        close(fd);
        refuse_secret(logon, of_client, "there is no memory for the secret",
                      1);
        return;
    }
    job->logon = anonid_logon_hold(logon);
    job->config = anonid_config_hold(logon->config);
    job->account = logon->account;
    job->of_client = of_client;
    job->is_first = logon->candidate.version == 0 && !of_client
                    && logon->account->provider != ANONID_PROVIDER_FILE;
    job->number = source_of(logon, of_client)->reading = ++last_number;
    job->fd = fd;
    job->kind = of_client ? ANONID_SECRET_CLIENT
                          : anonid_account_secret_kind(logon->account);
    job->why = "the secret could not be read";
    if (anonid_thread_pool_add(read_secret, secret_read, job) != APR_SUCCESS)
        secret_read(job);
}

/* When the secret was written, which only a file says. */
static apr_time_t time_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
               ? apr_time_from_sec(st.st_mtim.tv_sec)
               : 0;
}

static void take_secret(anonid_logon_t *logon, int of_client,
                        const char *version, int fd)
{
    anonid_source_t *source = source_of(logon, of_client);

    if (strcmp(source->version, version) != 0
        || is_program(logon, of_client)) {
        apr_cpystrn(source->version, version, sizeof(source->version));
        source->changed = is_program(logon, of_client) ? 0 : time_of(fd);
        start_reading(logon, of_client, fd);
        return;
    }
    close(fd);
    /* The client's comes first; what follows says that nothing is new. */
    if (!of_client)
        tell_same(logon);
}

static int is_of_client(const anonid_frame_t *frame)
{
    return anonid_frame_u32(frame, ANONID_TAG_CLIENT_SECRET, 0) == 1;
}

/* 1 if the account takes what such a frame brings. */
static int takes(const anonid_logon_t *logon, int of_client)
{
    return !logon->account->sync
           && (!of_client || anonid_account_client_source(logon->account));
}

void anonid_secret_receiver_secret(const anonid_frame_t *frame, int fd)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);
    const char *version = anonid_frame_text(frame, ANONID_TAG_VERSION, pool);
    int of_client = is_of_client(frame);

    if (logon && version && fd >= 0 && takes(logon, of_client))
        take_secret(logon, of_client, version, fd);
    else if (fd >= 0)
        close(fd);
    apr_pool_destroy(pool);
}

void anonid_secret_receiver_secret_error(const anonid_frame_t *frame, int fd)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);
    int of_client = is_of_client(frame);

    (void)fd;
    if (logon && takes(logon, of_client))
        refuse_secret(
            logon, of_client,
            text_or(frame, ANONID_TAG_TEXT, pool, "the secret cannot be read"),
            0);
    apr_pool_destroy(pool);
}

/* ---- account files ---- */

void anonid_secret_receiver_account_file(const anonid_frame_t *frame, int fd)
{
    apr_pool_t *pool = begin();
    const char *path = anonid_frame_text(frame, ANONID_TAG_PATH, pool);
    const char *version = anonid_frame_text(frame, ANONID_TAG_VERSION, pool);
    anonid_account_file_t *file = NULL;

    if (path && version && fd >= 0)
        file = anonid_account_file_make(path, version, fd);
    else if (fd >= 0)
        close(fd);
    if (file)
        anonid_registry_account_file(file);
    apr_pool_destroy(pool);
}

void anonid_secret_receiver_account_file_error(const anonid_frame_t *frame,
                                               int fd)
{
    apr_pool_t *pool = begin();
    const char *path = anonid_frame_text(frame, ANONID_TAG_PATH, pool);
    int error = (int)anonid_frame_u32(frame, ANONID_TAG_ERRNO, 0);
    anonid_account_file_t *file = NULL;

    (void)fd;
    if (path)
        file = anonid_account_file_failed(
            path, error,
            text_or(frame, ANONID_TAG_TEXT, pool, strerror(error)));
    if (file)
        anonid_registry_account_file(file);
    apr_pool_destroy(pool);
}

void anonid_secret_receiver_verifier_stored(const anonid_frame_t *frame,
                                            int fd)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);

    (void)fd;
    if (logon)
        anonid_logon_verifier_stored(
            logon, frame->id, (int)anonid_frame_u32(frame, ANONID_TAG_CODE, 5),
            anonid_frame_text(frame, ANONID_TAG_TEXT, pool));
    apr_pool_destroy(pool);
}

void anonid_secret_receiver_token_stored(const anonid_frame_t *frame)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);

    if (logon)
        anonid_logon_token_stored(
            logon, frame->id, (int)anonid_frame_u32(frame, ANONID_TAG_CODE, 5),
            anonid_frame_text(frame, ANONID_TAG_TEXT, pool));
    apr_pool_destroy(pool);
}
