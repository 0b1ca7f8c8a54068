/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing and creating account files; see account_writer.h.
 */
#include "module/supervisor/account_writer.h"
#include "module/files/atomic_file.h"

#include "common/accountfile.h"
#include "common/protocol.h"

#include <apr_hash.h>
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
    [ANONID_ACCOUNTFILE_MISSING] = { ENOENT, "there is no line of '%s' in "
                                             "%s: restore it, or run "
                                             "anonidctl create; password "
                                             "synchronisation does not "
                                             "create accounts" },
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

/* One line of the file whose verifier is replaced. */
typedef struct {
    anonid_store_t *store;
    anonid_verifier_span_t span;
} hit_t;

static void fail_store(anonid_store_t *store, anonid_accountfile_t state,
                       const char *path, apr_pool_t *pool)
{
    store->rv = found[state].rv;
    store->why =
        apr_psprintf(pool, found[state].why, store->account->user, path);
}

/* Where that line's verifier is; its user is `user`. */
static anonid_verifier_span_t span_of(const anonid_file_content_t *old,
                                      const char *user, size_t user_length)
{
    const char *verifier = user + user_length + 1;
    const char *end = old->text + old->length;
    const char *at = verifier;
    anonid_verifier_span_t span;

    while (at < end && *at != ':' && *at != '\n'
           && !(*at == '\r' && (at + 1 == end || at[1] == '\n')))
        at++;
    span.offset = (size_t)(verifier - old->text);
    span.length = (size_t)(at - verifier);
    return span;
}

/* Finds the lines in one pass, in the file's order; hits with a store that
 * has failed are to be passed over. */
static apr_array_header_t *find_lines(const anonid_file_content_t *old,
                                      const char *path, apr_hash_t *wanted,
                                      apr_pool_t *pool)
{
    apr_array_header_t *hits = apr_array_make(pool, 8, sizeof(hit_t));
    apr_hash_t *seen = apr_hash_make(pool);
    size_t at = 0, user_length;
    const char *user;

    while (anonid_accountfile_next(old->text, old->length, &at, &user,
                                   &user_length)) {
        anonid_store_t *store =
            apr_hash_get(wanted, user, (apr_ssize_t)user_length);
        hit_t hit = { store, span_of(old, user, user_length) };

        if (!store)
            continue;
        if (apr_hash_get(seen, user, (apr_ssize_t)user_length))
            fail_store(store, ANONID_ACCOUNTFILE_TWICE, path, pool);
        else if (hit.span.length > ANONID_VERIFIER_MAX)
            fail_store(store, ANONID_ACCOUNTFILE_BAD, path, pool);
        apr_hash_set(seen, user, (apr_ssize_t)user_length, store);
        APR_ARRAY_PUSH(hits, hit_t) = hit;
    }
    return hits;
}

/* The file with the new verifiers: malloc'd, or no text. */
static anonid_file_content_t compose(const anonid_file_content_t *old,
                                     const apr_array_header_t *hits)
{
    anonid_file_content_t new = { NULL, 0, old->st };
    size_t room = old->length + 1, at = 0;

    for (int i = 0; i < hits->nelts; i++)
        room += strlen(APR_ARRAY_IDX(hits, i, hit_t).store->verifier);
    new.text = malloc(room);
    if (!new.text)
        return new;
    for (int i = 0; i < hits->nelts; i++) {
        const hit_t *hit = &APR_ARRAY_IDX(hits, i, hit_t);
        size_t length = strlen(hit->store->verifier);

        if (hit->store->rv != APR_SUCCESS)
            continue;
        memcpy(new.text + new.length, old->text + at, hit->span.offset - at);
        new.length += hit->span.offset - at;
        memcpy(new.text + new.length, hit->store->verifier, length);
        new.length += length;
        at = hit->span.offset + hit->span.length;
    }
    memcpy(new.text + new.length, old->text + at, old->length - at);
    new.length += old->length - at;
    return new;
}

/* The stores that are still good, by user. */
static apr_hash_t *by_user(anonid_store_t **stores, int n, apr_pool_t *pool)
{
    apr_hash_t *wanted = apr_hash_make(pool);

    for (int i = 0; i < n; i++) {
        if (stores[i]->rv == APR_SUCCESS)
            apr_hash_set(wanted, stores[i]->account->user, APR_HASH_KEY_STRING,
                         stores[i]);
    }
    return wanted;
}

static void fail_all(anonid_store_t **stores, int n, apr_status_t rv)
{
    for (int i = 0; i < n; i++) {
        if (stores[i]->rv == APR_SUCCESS)
            stores[i]->rv = rv;
    }
}

/* Of a file that knows the default account of another name only, the machine
 * was renamed since. */
static void fail_unknown(anonid_store_t *store,
                         const anonid_file_content_t *old, const char *path,
                         apr_pool_t *pool)
{
    const char *user = store->account->user, *former;
    size_t length;

    fail_store(store, ANONID_ACCOUNTFILE_MISSING, path, pool);
    if (anonid_accountfile_former(old->text, old->length, user, &former,
                                  &length))
        store->why = apr_psprintf(
            pool,
            "%s knows '%.*s' and not '%s': the machine was "
            "renamed; run anonidctl create %s",
            path, (int)length, former, user, store->account->name);
}

/* Those that have no line. */
static void fail_missing(anonid_store_t **stores, int n,
                         const anonid_file_content_t *old,
                         const apr_array_header_t *hits, const char *path,
                         apr_pool_t *pool)
{
    apr_hash_t *there = apr_hash_make(pool);

    for (int i = 0; i < hits->nelts; i++) {
        const char *user = APR_ARRAY_IDX(hits, i, hit_t).store->account->user;

        apr_hash_set(there, user, APR_HASH_KEY_STRING, user);
    }
    for (int i = 0; i < n; i++) {
        if (stores[i]->rv == APR_SUCCESS
            && !apr_hash_get(there, stores[i]->account->user,
                             APR_HASH_KEY_STRING))
            fail_unknown(stores[i], old, path, pool);
    }
}

static int any_is_good(anonid_store_t **stores, int n)
{
    int good = 0;

    for (int i = 0; i < n; i++)
        good += stores[i]->rv == APR_SUCCESS;
    return good > 0;
}

/* All replacements, under the lock. */
static apr_status_t replace(anonid_store_t **stores, int n, const char *path,
                            apr_pool_t *pool)
{
    apr_array_header_t *hits;
    anonid_atomic_file_t file;
    anonid_file_content_t old, new;
    apr_status_t rv;

    memset(&old, 0, sizeof(old));
    memset(&new, 0, sizeof(new));
    rv = open_and_read(&file, path, &old, pool);
    if (rv == APR_SUCCESS && old.length > 0
        && memchr(old.text, '\0', old.length))
        rv = EINVAL;
    if (rv != APR_SUCCESS)
        goto cleanup;
    hits = find_lines(&old, path, by_user(stores, n, pool), pool);
    fail_missing(stores, n, &old, hits, path, pool);
    if (any_is_good(stores, n)) {
        new = compose(&old, hits);
        rv = new.text ? anonid_atomic_file_replace(&file, &new, pool) : ENOMEM;
    }

cleanup:
    anonid_atomic_file_close(&file);
    free(old.text);
    free(new.text);
    return rv;
}

static void take_control(anonid_account_locks_t *locks, anonid_store_t *store,
                         const char *path, apr_pool_t *pool)
{
    const char *user = store->account->user;

    store->why = NULL;
    store->rv = anonid_verifier_wellformed(store->verifier)
                    ? anonid_account_lock_control(locks, path, user)
                    : EINVAL;
    if (store->rv == EBUSY)
        store->why = apr_psprintf(pool,
                                  "another server controls the password of "
                                  "'%s' in %s",
                                  user, path);
}

static void store_at(anonid_account_locks_t *locks, anonid_store_t **stores,
                     int n, const char *path, apr_pool_t *pool)
{
    apr_status_t rv;

    for (int i = 0; i < n; i++)
        take_control(locks, stores[i], path, pool);
    if (!any_is_good(stores, n))
        return;
    rv = anonid_account_lock_change(locks, path);
    if (rv == APR_SUCCESS) {
        rv = replace(stores, n, path, pool);
        anonid_account_unlock_change(locks, path);
    }
    fail_all(stores, n, rv);
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

void anonid_account_writer_store_all(anonid_account_locks_t *locks,
                                     anonid_store_t **stores, int n,
                                     apr_pool_t *pool)
{
    /* A link keeps being one: what it leads to is replaced. */
    char *real = realpath(stores[0]->account->path, NULL);
    apr_status_t rv = real ? APR_SUCCESS : errno;
    char reason[128];

    for (int i = 0; i < n; i++)
        stores[i]->rv = rv;
    if (real)
        store_at(locks, stores, n, real, pool);
    free(real);
    for (int i = 0; i < n; i++) {
        if (stores[i]->rv != APR_SUCCESS && !stores[i]->why)
            stores[i]->why = apr_psprintf(
                pool, "cannot change %s: %s", stores[i]->account->path,
                apr_strerror(stores[i]->rv, reason, sizeof(reason)));
    }
}

apr_status_t anonid_account_writer_store(anonid_account_locks_t *locks,
                                         const anonid_account_t *account,
                                         const char *verifier,
                                         const char **why, apr_pool_t *pool)
{
    anonid_store_t store = { account, verifier, 0, APR_SUCCESS, NULL };
    anonid_store_t *stores = &store;

    anonid_account_writer_store_all(locks, &stores, 1, pool);
    *why = store.why;
    return store.rv;
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
