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

static int has_scheme(const anonid_logon_t *logon, const char *scheme)
{
    const char *source = logon->account->secret;

    return source && strncmp(source, scheme, strlen(scheme)) == 0;
}

/* What a program prints has no version of its own: it is looked at. */
static int is_program(const anonid_logon_t *logon)
{
    return has_scheme(logon, "exec:");
}

/* A program that fails takes back nothing: what it printed before may well be
 * right, and if that was refused it must not be tried again only because the
 * program failed in between. */
static int keep_old_secret(anonid_logon_t *logon, const char *why)
{
    if (!is_program(logon) || !logon->candidate.version)
        return 0;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0045) "The secret of the account '%s' could not "
                                  "be asked for again, and is used as it is: "
                                  "%s",
               logon->name, why);
    anonid_logon_same_secret(logon);
    return 1;
}

/* retry: the parent does not know of it, and has to be asked again. */
static void refuse_secret(anonid_logon_t *logon, const char *why, int retry)
{
    anonid_outcome_t outcome;

    if (keep_old_secret(logon, why))
        return;
    logon->source.reading = 0;
    logon->source.retry = retry;
    logon->source.version[0] = '\0';
    anonid_outcome_set(&outcome, ANONID_ACCESS_DENIED, "%s", why);
    anonid_logon_no_secret(logon, &outcome);
}

static void take_read(anonid_logon_t *logon, const job_t *job)
{
    if (!job->secret)
        refuse_secret(logon, job->why, 1);
    else if (is_program(logon)
             && anonid_secret_is_same(job->secret, logon->candidate.secret))
        anonid_logon_same_secret(logon);
    else
        anonid_logon_secret(logon, job->secret);
}

static void secret_read(void *data)
{
    job_t *job = data;
    anonid_logon_t *logon = job->logon;

    if (!logon->gone && logon->source.reading == job->number) {
        logon->source.reading = 0;
        take_read(logon, job);
    }
    anonid_secret_drop(job->secret);
    anonid_config_drop(job->config);
    anonid_logon_drop(logon);
    close(job->fd);
    free(job);
}

static void start_reading(anonid_logon_t *logon, int fd)
{
    static unsigned long last_number;
    job_t *job = calloc(1, sizeof(*job));

    if (!job) {
        close(fd);
        refuse_secret(logon, "there is no memory for the secret", 1);
        return;
    }
    job->logon = anonid_logon_hold(logon);
    job->config = anonid_config_hold(logon->config);
    job->account = logon->account;
    job->is_first = logon->candidate.version == 0
                    && logon->account->provider != ANONID_PROVIDER_FILE;
    job->number = logon->source.reading = ++last_number;
    job->fd = fd;
    job->kind = anonid_account_secret_kind(logon->account);
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

static void take_secret(anonid_logon_t *logon, const char *version, int fd)
{
    anonid_source_t *source = &logon->source;

    if (strcmp(source->version, version) != 0 || is_program(logon)) {
        apr_cpystrn(source->version, version, sizeof(source->version));
        source->changed = is_program(logon) ? 0 : time_of(fd);
        start_reading(logon, fd);
        return;
    }
    close(fd);
    if (!source->reading)
        anonid_logon_same_secret(logon);
}

void anonid_secret_receiver_secret(const anonid_frame_t *frame, int fd)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);
    const char *version = anonid_frame_text(frame, ANONID_TAG_VERSION, pool);

    if (logon && version && fd >= 0 && !logon->account->sync)
        take_secret(logon, version, fd);
    else if (fd >= 0)
        close(fd);
    apr_pool_destroy(pool);
}

void anonid_secret_receiver_secret_error(const anonid_frame_t *frame, int fd)
{
    apr_pool_t *pool = begin();
    anonid_logon_t *logon = find_logon(frame, pool);

    (void)fd;
    if (logon && !logon->account->sync)
        refuse_secret(
            logon,
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
