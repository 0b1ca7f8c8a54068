/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of records; see failed_store.h.
 *
 * Files are not flushed to the disk: what has to be survived is the end of
 * processes. A power failure may cost one more attempt.
 *
 * Changes are queued, and whichever thread comes first makes the oldest: a
 * record must not take the place of a newer one, nor outlive its removal.
 */
#include "agent/logon/failed_store.h"
#include "agent/base/log.h"
#include "agent/base/thread_pool.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One that was read and not recalled yet. There are few: only those of
 * accounts that failed for good before this agent's start. */
typedef struct read_t {
    struct read_t *next;
    anonid_failed_t failed;
    char account[];
} read_t;

/* No account's: those are digests. */
#define TEMPORARY "new"

/* A file that is written or removed. */
typedef struct change_t {
    struct change_t *next;
    char file[ANONID_FAILED_CONFIG];
    char text[ANONID_FAILED_MAX];
    size_t length; /* 0: it is removed */
    char account[];
} change_t;

/* The folder, which main alone changes, what was read for it, and what is to
 * be changed in it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int folder = -1;
static read_t *reads;
static change_t *changes, **changes_end = &changes;

/* Held by the one that makes changes, for as long as the file system likes. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

/* Takes the account's record out of the list, if it was read. */
static read_t *take(const char *account)
{
    read_t **at = &reads, *found;

    pthread_mutex_lock(&lock);
    while (*at && strcmp((*at)->account, account) != 0)
        at = &(*at)->next;
    found = *at;
    if (found)
        *at = found->next;
    pthread_mutex_unlock(&lock);
    return found;
}

static void put(read_t *record)
{
    free(take(record->account));
    pthread_mutex_lock(&lock);
    record->next = reads;
    reads = record;
    pthread_mutex_unlock(&lock);
}

void anonid_failed_store_open(int fd)
{
    read_t *old;

    pthread_mutex_lock(&lock);
    if (folder >= 0)
        close(folder);
    folder = fd;
    old = reads;
    reads = NULL;
    pthread_mutex_unlock(&lock);
    while (old) {
        read_t *next = old->next;

        free(old);
        old = next;
    }
}

/* For another thread: the folder may be another one before it is done. */
static int copy_folder(void)
{
    int fd;

    pthread_mutex_lock(&lock);
    fd = folder >= 0 ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
    pthread_mutex_unlock(&lock);
    return fd;
}

/* SHA-256 in hexadecimal digits. 1 or 0. */
static int digest(char text[ANONID_FAILED_CONFIG], const void *data,
                  size_t length)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned n;

    if (!EVP_Digest(data, length, octets, &n, EVP_sha256(), NULL)
        || n != (ANONID_FAILED_CONFIG - 1) / 2)
        return 0;
    for (unsigned i = 0; i < n; i++)
        snprintf(text + (size_t)2 * i, 3, "%02x", octets[i]);
    return 1;
}

/* An account's name may hold what a file's must not. */
static int name_file(char name[ANONID_FAILED_CONFIG],
                     const anonid_account_t *account)
{
    return digest(name, account->name, strlen(account->name));
}

/* All that is configured of the account, as on the wire, but for its slot,
 * which is another one with each httpd. No secret is in it. */
static int name_config(char config[ANONID_FAILED_CONFIG],
                       const anonid_account_t *account)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_account_t copy = *account;
    int named;

    copy.slot = 0;
    named =
        anonid_account_encode(&w, &copy) && digest(config, w.data, w.length);
    anonid_writer_free(&w);
    return named;
}

/* A whole file, if it is not too long: its length, or -1. */
static ssize_t read_file(int in, const char *name,
                         char text[ANONID_FAILED_MAX])
{
    int fd = openat(in, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = pread(fd, text, ANONID_FAILED_MAX, 0);
    close(fd);
    return n;
}

static void read_record(int in, const anonid_account_t *account)
{
    char name[ANONID_FAILED_CONFIG], text[ANONID_FAILED_MAX];
    size_t size = strlen(account->name) + 1;
    read_t *record = calloc(1, sizeof(*record) + size);
    ssize_t length;

    if (!record)
        return;
    memcpy(record->account, account->name, size);
    length = name_file(name, account) ? read_file(in, name, text) : -1;
    if (length > 0
        && anonid_failed_parse(text, (size_t)length, account->name,
                               &record->failed))
        put(record);
    else
        free(record);
}

void anonid_failed_store_read(const anonid_account_t *account)
{
    int in = copy_folder();

    if (in < 0)
        return;
    read_record(in, account);
    close(in);
}

int anonid_failed_store_recall(const anonid_account_t *account,
                               const char *version, anonid_failed_t *failed)
{
    read_t *record = take(account->name);
    char config[ANONID_FAILED_CONFIG];

    if (!record)
        return 0;
    *failed = record->failed;
    free(record);
    return name_config(config, account) && strcmp(failed->config, config) == 0
           && strcmp(failed->version, version) == 0;
}

/* ---- changes ---- */

/* 1, or 0 with errno. */
static int write_file(int in, const char *name, const char *text,
                      size_t length)
{
    int fd =
        openat(in, TEMPORARY,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n;

    if (fd < 0)
        return 0;
    n = write(fd, text, length);
    if (n >= 0 && (size_t)n < length)
        errno = ENOSPC;
    if (close(fd) != 0 || n < 0 || (size_t)n < length)
        return 0;
    return renameat(in, TEMPORARY, in, name) == 0;
}

static int make_record(char text[ANONID_FAILED_MAX], size_t *length,
                       const anonid_account_t *account, const char *version,
                       const anonid_outcome_t *outcome)
{
    anonid_failed_t failed;

    memset(&failed, 0, sizeof(failed));
    apr_cpystrn(failed.version, version, sizeof(failed.version));
    failed.outcome = *outcome;
    failed.when = apr_time_now();
    if (!name_config(failed.config, account))
        return 0;
    *length = anonid_failed_write(text, account->name, &failed);
    return *length > 0;
}

static void warn(const char *account, int error)
{
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0046) "The failed logon of the account '%s' "
                                  "cannot be recorded in the state folder: "
                                  "%s; a restart of httpd will try it again",
               account, strerror(error));
}

static void carry_out(const change_t *change)
{
    int in = copy_folder();

    if (in < 0)
        return;
    if (change->length == 0)
        (void)unlinkat(in, change->file, 0);
    else if (!write_file(in, change->file, change->text, change->length))
        warn(change->account, errno);
    close(in);
}

static change_t *next_change(void)
{
    change_t *change;

    pthread_mutex_lock(&lock);
    change = changes;
    if (change)
        changes = change->next;
    if (!changes)
        changes_end = &changes;
    pthread_mutex_unlock(&lock);
    return change;
}

/* All that was queued until now is done when this returns. */
static void make_changes(void)
{
    change_t *change;

    pthread_mutex_lock(&changing);
    for (change = next_change(); change; change = next_change()) {
        carry_out(change);
        free(change);
    }
    pthread_mutex_unlock(&changing);
}

static void queue_change(change_t *change)
{
    pthread_mutex_lock(&lock);
    *changes_end = change;
    changes_end = &change->next;
    pthread_mutex_unlock(&lock);
}

static change_t *make_change(const anonid_account_t *account)
{
    size_t size = strlen(account->name) + 1;
    change_t *change = calloc(1, sizeof(*change) + size);

    if (!change)
        return NULL;
    memcpy(change->account, account->name, size);
    if (name_file(change->file, account))
        return change;
    free(change);
    return NULL;
}

/* 1 if a record is queued, else 0, which is logged. */
static int queue_record(const anonid_account_t *account, const char *version,
                        const anonid_outcome_t *outcome)
{
    change_t *change = make_change(account);

    if (!change) {
        warn(account->name, ENOMEM);
        return 0;
    }
    if (!make_record(change->text, &change->length, account, version,
                     outcome)) {
        warn(account->name, EINVAL);
        free(change);
        return 0;
    }
    queue_change(change);
    return 1;
}

void anonid_failed_store_write(const anonid_account_t *account,
                               const char *version,
                               const anonid_outcome_t *outcome)
{
    if (queue_record(account, version, outcome))
        make_changes();
}

/* A job's data: whether it has run, or was dropped with the pool. */
static void run_changes(void *data)
{
    int *has_run = data;

    *has_run = 1;
    make_changes();
}

static void end_changes(void *data)
{
    int *has_run = data;

    if (!*has_run)
        make_changes();
    free(has_run);
}

static void make_changes_on_pool(void)
{
    int *has_run = calloc(1, sizeof(*has_run));

    if (has_run
        && anonid_thread_pool_add_to("failed records", run_changes,
                                     end_changes, has_run)
               == APR_SUCCESS)
        return;
    free(has_run);
    make_changes();
}

void anonid_failed_store_remember(const anonid_account_t *account,
                                  const char *version,
                                  const anonid_outcome_t *outcome)
{
    if (queue_record(account, version, outcome))
        make_changes_on_pool();
}

void anonid_failed_store_forget(const anonid_account_t *account)
{
    change_t *change = make_change(account);

    if (!change)
        return;
    queue_change(change);
    make_changes_on_pool();
}

/* ---- accounts that are gone ---- */

/* What the pool needs to remove records. */
typedef struct {
    apr_pool_t *pool;
    apr_hash_t *names; /* of files that may stay */
    int fd;            /* of the folder */
} prune_t;

static apr_hash_t *names_of(const anonid_config_t *config, apr_pool_t *pool)
{
    apr_hash_t *names = apr_hash_make(pool);
    apr_hash_index_t *i;

    for (i = apr_hash_first(pool, config->accounts); i; i = apr_hash_next(i)) {
        char *name = apr_palloc(pool, ANONID_FAILED_CONFIG);

        if (name_file(name, apr_hash_this_val(i)))
            apr_hash_set(names, name, APR_HASH_KEY_STRING, name);
    }
    return names;
}

static int is_record(const char *name)
{
    return strlen(name) == ANONID_FAILED_CONFIG - 1
           && strspn(name, "0123456789abcdef") == strlen(name);
}

static void remove_others(void *data)
{
    prune_t *prune = data;
    int fd = openat(prune->fd, ".", O_RDONLY | O_CLOEXEC);
    DIR *files = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!files) {
        (void)(fd >= 0 && close(fd));
        return;
    }
    for (entry = readdir(files); entry; entry = readdir(files)) {
        if (is_record(entry->d_name)
            && !apr_hash_get(prune->names, entry->d_name, APR_HASH_KEY_STRING))
            (void)unlinkat(prune->fd, entry->d_name, 0);
    }
    closedir(files);
}

static void end_prune(void *data)
{
    prune_t *prune = data;

    close(prune->fd);
    apr_pool_destroy(prune->pool);
}

void anonid_failed_store_prune(const anonid_config_t *config)
{
    int fd = copy_folder();
    apr_pool_t *pool;
    prune_t *prune;

    if (fd < 0 || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        (void)(fd >= 0 && close(fd));
        return;
    }
    prune = apr_palloc(pool, sizeof(*prune));
    prune->pool = pool;
    prune->names = names_of(config, pool);
    prune->fd = fd;
    if (anonid_thread_pool_add_to("failed records", remove_others, end_prune,
                                  prune)
        == APR_SUCCESS)
        return;
    remove_others(prune);
    end_prune(prune);
}
