/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account writer: puts a new verifier into an account file.
 *
 * A file is never changed in place. A new one is written beside it, flushed,
 * and renamed over it, so at any moment the name leads to one whole file, old
 * or new; it has the old one's owner, group and mode, and all other lines
 * and fields octet for octet. What an editor writes in the very moment
 * between reading and renaming would be lost; other servers wait for the
 * lock (account_lock.h).
 *
 * Knows the file's format through common/accountfile.h and makes no verifier.
 */
#ifndef ANONID_MODULE_SUPERVISOR_ACCOUNT_WRITER_H
#define ANONID_MODULE_SUPERVISOR_ACCOUNT_WRITER_H

#include "common/account.h"
#include "module/supervisor/account_lock.h"

/* Replaces the verifier of a synchronised account, taking its control first
 * if this server does not have it. APR_SUCCESS; ENOENT: there is no such
 * file or no line of that user; EEXIST: there are several; EBUSY: another
 * server controls it; EINVAL: not an account file, or no verifier; else the
 * system's error. *why, for people, in the pool, when it failed. */
apr_status_t anonid_account_writer_store(anonid_account_locks_t *locks,
                                         const anonid_account_t *account,
                                         const char *verifier,
                                         const char **why, apr_pool_t *pool);

/* One replacement of many. */
typedef struct {
    const anonid_account_t *account;
    const char *verifier;
    uint32_t id;     /* the caller's */
    apr_status_t rv; /* as above, afterwards */
    const char *why; /* the same */
} anonid_store_t;

/* The same for several accounts, all of the same account file, which is
 * written once. Each succeeds or fails for itself. */
void anonid_account_writer_store_all(anonid_account_locks_t *locks,
                                     anonid_store_t **stores, int n,
                                     apr_pool_t *pool);

/* Adds a line for a synchronised account, which no password fits: at the end
 * of its account file, or in a new one. APR_SUCCESS; EEXIST: there is a line
 * of that user; else as above. */
apr_status_t anonid_account_writer_add(anonid_account_locks_t *locks,
                                       const anonid_account_t *account,
                                       const char **why, apr_pool_t *pool);

/* Creates each account file of the synchronised ones among the accounts
 * (anonid_account_t *) that is not there, with a line for each: readable by
 * its owner only, and no password fits. Adds the paths of those that were
 * created to `created` (const char *). NULL, or what went wrong. */
const char *anonid_account_writer_create(const apr_array_header_t *accounts,
                                         apr_array_header_t *created,
                                         apr_pool_t *pool);

#endif
