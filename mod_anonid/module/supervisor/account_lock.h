/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who controls a synchronised account: locks beside its account file.
 *
 * The file FILE.lock holds no data; its octets are locked (open file
 * description locks, fcntl(2)):
 *
 *   octet 0             while FILE is read, changed and replaced
 *   octet 1 + hash(u)   for life, by the server that controls user u
 *
 * so two servers may share an account file, but not a synchronised account in
 * it. The locks of a server that ends, however it ends, are free at once.
 *
 * The descriptors are in an array of the caller's, to which they are added:
 * a lock lives as long as any copy of its descriptor, so forked children have
 * to close them. A supervisor hands each over to httpd's parent, so that its
 * successor goes on with the same ones and no other server can come between.
 * Knows nothing of what is in an account file.
 */
#ifndef ANONID_MODULE_SUPERVISOR_ACCOUNT_LOCK_H
#define ANONID_MODULE_SUPERVISOR_ACCOUNT_LOCK_H

#include <apr_errno.h>
#include <apr_hash.h>
#include <apr_tables.h>

typedef struct {
    apr_hash_t *files;               /* path -> int *, the descriptor */
    apr_array_header_t *descriptors; /* int; see above */
    /* Told of each lock file that was opened; may be NULL. */
    void (*opened)(void *context, const char *path, int fd);
    void *context;
} anonid_account_locks_t;

/* No locks yet; lives in the pool of `descriptors`. */
anonid_account_locks_t *
anonid_account_locks_make(apr_array_header_t *descriptors);

/* Takes over a lock file that was opened before; path is that of the account
 * file. */
void anonid_account_locks_inherit(anonid_account_locks_t *locks,
                                  const char *path, int fd);

/* Ends the changes that a killed supervisor has left unfinished. */
void anonid_account_locks_end_changes(anonid_account_locks_t *locks);

/* Takes the control of a user, for life; harmless if it is held already.
 * path is that of the account file. APR_SUCCESS, EBUSY when another server
 * has it, or why the lock file cannot be used. */
apr_status_t anonid_account_lock_control(anonid_account_locks_t *locks,
                                         const char *path, const char *user);

/* Locks the file for a change, waiting at most 5 s: APR_SUCCESS, EBUSY, or
 * why not; and lets it go. */
apr_status_t anonid_account_lock_change(anonid_account_locks_t *locks,
                                        const char *path);
void anonid_account_unlock_change(anonid_account_locks_t *locks,
                                  const char *path);

/* Lets go of all. */
void anonid_account_locks_release(anonid_account_locks_t *locks);

#endif
