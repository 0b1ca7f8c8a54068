/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing and creating account files; see account_writer.h.
 */
#include "module/supervisor/account_writer.h"

#include "common/accountfile.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fits no password, for Dovecot, mod_authn_file and us alike. */
#define NO_PASSWORD "*"

typedef struct {
    char *text;
    size_t length;
    struct stat st;
} content_t;

static apr_status_t read_all(int fd, content_t *content)
{
    size_t size = (size_t)content->st.st_size;

    content->text = malloc(size + 1);
    if (!content->text)
        return ENOMEM;
    while (content->length < size) {
        ssize_t n =
            read(fd, content->text + content->length, size - content->length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        content->length += (size_t)n;
    }
    return APR_SUCCESS;
}

static apr_status_t read_file(const char *path, content_t *content)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    apr_status_t rv;

    if (fd < 0)
        return errno;
    if (fstat(fd, &content->st) != 0)
        rv = errno;
    else if (!S_ISREG(content->st.st_mode))
        rv = EINVAL;
    else if (content->st.st_size > ANONID_ACCOUNT_FILE_MAX)
        rv = EFBIG;
    else
        rv = read_all(fd, content);
    close(fd);
    return rv;
}

static apr_status_t write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        text += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0 ? APR_SUCCESS : errno;
}

/* A rename is on disk when its folder is. */
static apr_status_t flush_folder(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    const char *folder = apr_pstrmemdup(pool, path, (size_t)(slash - path));
    int fd = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    apr_status_t rv = APR_SUCCESS;

    if (fd < 0)
        return errno;
    if (fsync(fd) != 0)
        rv = errno;
    close(fd);
    return rv;
}

/* The owner is given first: changing it may clear bits of the mode. */
static apr_status_t dress(int fd, const struct stat *like)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return errno;
    if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid)
        && fchown(fd, like->st_uid, like->st_gid) != 0)
        return errno;
    return fchmod(fd, like->st_mode & 07777) == 0 ? APR_SUCCESS : errno;
}

/* How the finished file gets its name. */
typedef int (*publish_t)(const char *from, const char *to);

static apr_status_t write_file(const char *path, const content_t *content,
                               publish_t publish, apr_pool_t *pool)
{
    char *temporary = apr_pstrcat(pool, path, ".XXXXXX", NULL);
    int fd = mkostemp(temporary, O_CLOEXEC);
    apr_status_t rv;

    if (fd < 0)
        return errno;
    rv = dress(fd, &content->st);
    if (rv == APR_SUCCESS)
        rv = write_all(fd, content->text, content->length);
    if (close(fd) != 0 && rv == APR_SUCCESS)
        rv = errno;
    if (rv == APR_SUCCESS && publish(temporary, path) != 0)
        rv = errno;
    (void)unlink(temporary); /* not there any more when it was renamed */
    return rv == APR_SUCCESS ? flush_folder(path, pool) : rv;
}

/* What the format's answers mean here. */
static const struct {
    apr_status_t rv;
    const char *why;
} found[] = {
    [ANONID_ACCOUNTFILE_OK] = { APR_SUCCESS, NULL },
    [ANONID_ACCOUNTFILE_MISSING] = { ENOENT, "there is no line of the user "
                                             "'%s' in %s: restore it" },
    [ANONID_ACCOUNTFILE_TWICE] = { EEXIST, "there is more than one line of "
                                           "the user '%s' in %s" },
    [ANONID_ACCOUNTFILE_BAD] = { EINVAL, "the line of the user '%s' or the "
                                         "whole of %s is not text" },
};

/* One replacement, under the lock. */
static apr_status_t replace(const anonid_account_t *account, const char *path,
                            const char *verifier, const char **why,
                            apr_pool_t *pool)
{
    content_t old, new;
    anonid_verifier_span_t span;
    anonid_accountfile_t state;
    apr_status_t rv;

    memset(&old, 0, sizeof(old));
    memset(&new, 0, sizeof(new));
    rv = read_file(path, &old);
    if (rv != APR_SUCCESS)
        goto cleanup;
    state =
        anonid_accountfile_find(old.text, old.length, account->user, &span);
    rv = found[state].rv;
    if (rv != APR_SUCCESS) {
        *why = apr_psprintf(pool, found[state].why, account->user, path);
        goto cleanup;
    }
    new.st = old.st;
    new.text = anonid_accountfile_replace(old.text, old.length, &span,
                                          verifier, &new.length);
    rv = new.text ? write_file(path, &new, rename, pool) : ENOMEM;

cleanup:
    free(old.text);
    free(new.text);
    return rv;
}

static apr_status_t store(anonid_account_locks_t *locks,
                          const anonid_account_t *account, const char *path,
                          const char *verifier, const char **why,
                          apr_pool_t *pool)
{
    apr_status_t rv = anonid_account_lock_control(locks, path, account->user);

    if (rv == EBUSY)
        *why = apr_psprintf(pool,
                            "another server controls the password of '%s' in "
                            "%s",
                            account->user, path);
    if (rv != APR_SUCCESS)
        return rv;
    rv = anonid_account_lock_change(locks, path);
    if (rv != APR_SUCCESS)
        return rv;
    rv = replace(account, path, verifier, why, pool);
    anonid_account_unlock_change(locks, path);
    return rv;
}

static apr_status_t create(const char *path, const char *text,
                           apr_pool_t *pool)
{
    content_t content;

    memset(&content, 0, sizeof(content));
    content.text = (char *)text;
    content.length = strlen(text);
    content.st.st_uid = geteuid();
    content.st.st_gid = getegid();
    content.st.st_mode = 0600;
    return write_file(path, &content, link, pool);
}

/* The last line may lack its end. */
static const char *line_of(const content_t *old, const char *user,
                           apr_pool_t *pool)
{
    int ended = old->length == 0 || old->text[old->length - 1] == '\n';

    return apr_pstrcat(pool, ended ? "" : "\n", user, ":" NO_PASSWORD "\n",
                       NULL);
}

/* One addition, under the lock. */
static apr_status_t append(const char *path, const char *user,
                           const char **why, apr_pool_t *pool)
{
    content_t old, new;
    anonid_verifier_span_t span;
    anonid_accountfile_t state;
    const char *line;
    apr_status_t rv;

    memset(&old, 0, sizeof(old));
    rv = read_file(path, &old);
    if (rv != APR_SUCCESS)
        goto cleanup;
    state = anonid_accountfile_find(old.text, old.length, user, &span);
    if (state != ANONID_ACCOUNTFILE_MISSING) {
        rv = state == ANONID_ACCOUNTFILE_BAD ? EINVAL : EEXIST;
        *why = apr_psprintf(pool, "%s has a line of the user '%s' already",
                            path, user);
        goto cleanup;
    }
    line = line_of(&old, user, pool);
    new.st = old.st;
    new.length = old.length + strlen(line);
    new.text = apr_palloc(pool, new.length);
    memcpy(new.text, old.text, old.length);
    memcpy(new.text + old.length, line, strlen(line));
    rv = write_file(path, &new, rename, pool);

cleanup:
    free(old.text);
    return rv;
}

static apr_status_t add(anonid_account_locks_t *locks, const char *path,
                        const char *user, const char **why, apr_pool_t *pool)
{
    apr_status_t rv = anonid_account_lock_change(locks, path);

    if (rv != APR_SUCCESS)
        return rv;
    rv = append(path, user, why, pool);
    anonid_account_unlock_change(locks, path);
    return rv;
}

apr_status_t anonid_account_writer_store(anonid_account_locks_t *locks,
                                         const anonid_account_t *account,
                                         const char *verifier,
                                         const char **why, apr_pool_t *pool)
{
    /* A link keeps being one: what it leads to is replaced. */
    char *real = realpath(account->path, NULL);
    char reason[128];
    apr_status_t rv;

    *why = NULL;
    if (!real)
        rv = errno;
    else if (!anonid_verifier_wellformed(verifier))
        rv = EINVAL;
    else
        rv = store(locks, account, real, verifier, why, pool);
    free(real);
    if (rv != APR_SUCCESS && !*why)
        *why = apr_psprintf(pool, "cannot change %s: %s", account->path,
                            apr_strerror(rv, reason, sizeof(reason)));
    return rv;
}

apr_status_t anonid_account_writer_add(anonid_account_locks_t *locks,
                                       const anonid_account_t *account,
                                       const char **why, apr_pool_t *pool)
{
    char *real = realpath(account->path, NULL);
    char reason[128];
    apr_status_t rv;

    *why = NULL;
    if (real)
        rv = add(locks, real, account->user, why, pool);
    else if (errno == ENOENT)
        rv = create(
            account->path,
            apr_pstrcat(pool, account->user, ":" NO_PASSWORD "\n", NULL),
            pool);
    else
        rv = errno;
    free(real);
    if (rv != APR_SUCCESS && !*why)
        *why = apr_psprintf(pool, "cannot change %s: %s", account->path,
                            apr_strerror(rv, reason, sizeof(reason)));
    return rv;
}

/* The lines of all synchronised accounts that are in that file. */
static const char *first_lines(const apr_array_header_t *accounts,
                               const char *path, apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 4, sizeof(char *));

    APR_ARRAY_PUSH(lines, const char *) =
        "# Accounts of mod_anonid: user:verifier, one per line.\n";
    for (int i = 0; i < accounts->nelts; i++) {
        const anonid_account_t *account =
            APR_ARRAY_IDX(accounts, i, const anonid_account_t *);

        if (account->sync && account->path && !strcmp(account->path, path))
            APR_ARRAY_PUSH(lines, const char *) =
                apr_pstrcat(pool, account->user, ":" NO_PASSWORD "\n", NULL);
    }
    return apr_array_pstrcat(pool, lines, 0);
}

const char *anonid_account_writer_create(const apr_array_header_t *accounts,
                                         apr_array_header_t *created,
                                         apr_pool_t *pool)
{
    char reason[128];

    for (int i = 0; i < accounts->nelts; i++) {
        const anonid_account_t *account =
            APR_ARRAY_IDX(accounts, i, const anonid_account_t *);
        struct stat st;
        apr_status_t rv;

        if (!account->sync || !account->path || lstat(account->path, &st) == 0
            || errno != ENOENT)
            continue;
        rv = create(account->path, first_lines(accounts, account->path, pool),
                    pool);
        if (rv == APR_SUCCESS)
            APR_ARRAY_PUSH(created, const char *) = account->path;
        else if (rv != EEXIST) /* another server was quicker */
            return apr_psprintf(pool, "cannot create %s: %s", account->path,
                                apr_strerror(rv, reason, sizeof(reason)));
    }
    return NULL;
}
