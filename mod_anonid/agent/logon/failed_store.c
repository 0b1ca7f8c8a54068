/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of records; see failed_store.h.
 *
 * Files are not flushed to the disk: what has to be survived is the end of
 * processes. A power failure may cost one more attempt.
 */
#include "agent/logon/failed_store.h"
#include "agent/base/log.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* No account's: those are digests. */
#define TEMPORARY "new"

static int folder = -1;

void anonid_failed_store_open(int fd)
{
    if (folder >= 0)
        close(folder);
    folder = fd;
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
static ssize_t read_file(const char *name, char text[ANONID_FAILED_MAX])
{
    int fd =
        openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = pread(fd, text, ANONID_FAILED_MAX, 0);
    close(fd);
    return n;
}

int anonid_failed_store_recall(const anonid_account_t *account,
                               const char *version, anonid_failed_t *failed)
{
    char name[ANONID_FAILED_CONFIG], config[ANONID_FAILED_CONFIG];
    char text[ANONID_FAILED_MAX];
    ssize_t length;

    if (folder < 0 || !name_file(name, account)
        || !name_config(config, account))
        return 0;
    length = read_file(name, text);
    return length > 0
           && anonid_failed_parse(text, (size_t)length, account->name, failed)
           && strcmp(failed->config, config) == 0
           && strcmp(failed->version, version) == 0;
}

/* 1, or 0 with errno. */
static int write_file(const char *name, const char *text, size_t length)
{
    int fd =
        openat(folder, TEMPORARY,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n;

    if (fd < 0)
        return 0;
    n = write(fd, text, length);
    if (n >= 0 && (size_t)n < length)
        errno = ENOSPC;
    if (close(fd) != 0 || n < 0 || (size_t)n < length)
        return 0;
    return renameat(folder, TEMPORARY, folder, name) == 0;
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

void anonid_failed_store_remember(const anonid_account_t *account,
                                  const char *version,
                                  const anonid_outcome_t *outcome)
{
    char name[ANONID_FAILED_CONFIG], text[ANONID_FAILED_MAX];
    size_t length;

    if (folder < 0)
        return;
    errno = EINVAL;
    if (name_file(name, account)
        && make_record(text, &length, account, version, outcome)
        && write_file(name, text, length))
        return;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0046) "The failed logon of the account '%s' "
                                  "cannot be recorded in the state folder: "
                                  "%s; a restart of httpd will try it again",
               account->name, strerror(errno));
}

void anonid_failed_store_forget(const anonid_account_t *account)
{
    char name[ANONID_FAILED_CONFIG];

    if (folder >= 0 && name_file(name, account))
        (void)unlinkat(folder, name, 0);
}

/* The names of files that may stay. */
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

void anonid_failed_store_prune(const anonid_config_t *config)
{
    int fd = folder >= 0 ? openat(folder, ".", O_RDONLY | O_CLOEXEC) : -1;
    DIR *files = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    apr_hash_t *names;
    apr_pool_t *pool;

    if (!files || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        (void)(files ? closedir(files) : fd >= 0 && close(fd));
        return;
    }
    names = names_of(config, pool);
    for (entry = readdir(files); entry; entry = readdir(files)) {
        if (is_record(entry->d_name)
            && !apr_hash_get(names, entry->d_name, APR_HASH_KEY_STRING))
            (void)unlinkat(folder, entry->d_name, 0);
    }
    closedir(files);
    apr_pool_destroy(pool);
}
