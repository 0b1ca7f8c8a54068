/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing and creating account files; see account_writer.h.
 */
#include "module/supervisor/account_writer.h"
#include "module/supervisor/atomic_file.h"

#include "common/accountfile.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fits no password, for Dovecot, mod_authn_file and us alike. */
#define NO_PASSWORD "*"

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

static apr_status_t open_and_read(anonid_atomic_file_t *file, const char *path,
                                  anonid_file_content_t *content,
                                  apr_pool_t *pool)
{
    apr_status_t rv = anonid_atomic_file_open(file, path, pool);

    if (rv != APR_SUCCESS)
        return rv;
    return anonid_atomic_file_read(file, ANONID_ACCOUNT_FILE_MAX, content);
}

/* One replacement, under the lock. */
static apr_status_t replace(const anonid_account_t *account, const char *path,
                            const char *verifier, const char **why,
                            apr_pool_t *pool)
{
    anonid_atomic_file_t file;
    anonid_file_content_t old, new;
    anonid_verifier_span_t span;
    anonid_accountfile_t state;
    apr_status_t rv;

    memset(&old, 0, sizeof(old));
    memset(&new, 0, sizeof(new));
    rv = open_and_read(&file, path, &old, pool);
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
    rv = new.text ? anonid_atomic_file_replace(&file, &new, pool) : ENOMEM;

cleanup:
    anonid_atomic_file_close(&file);
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
    anonid_atomic_file_t file;
    anonid_file_content_t content;
    apr_status_t rv = anonid_atomic_file_open(&file, path, pool);

    if (rv != APR_SUCCESS)
        return rv;
    memset(&content, 0, sizeof(content));
    content.text = (char *)text;
    content.length = strlen(text);
    content.st.st_uid = geteuid();
    content.st.st_gid = getegid();
    content.st.st_mode = 0600;
    rv = anonid_atomic_file_create(&file, &content, pool);
    anonid_atomic_file_close(&file);
    return rv;
}

/* The last line may lack its end. */
static const char *line_of(const anonid_file_content_t *old, const char *user,
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
    anonid_atomic_file_t file;
    anonid_file_content_t old, new;
    anonid_verifier_span_t span;
    anonid_accountfile_t state;
    const char *line;
    apr_status_t rv;

    memset(&old, 0, sizeof(old));
    rv = open_and_read(&file, path, &old, pool);
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
    rv = anonid_atomic_file_replace(&file, &new, pool);

cleanup:
    anonid_atomic_file_close(&file);
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
