/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: where the secrets of accounts come from, and their account files.
 *
 * Owns opening them for the agent (which may not), and noticing that one has
 * changed. What is in them is never read here.
 *
 * A file is looked at by name every time and opened only when it differs
 * from what was passed on last, so a file that is replaced by renaming,
 * rewritten, or repaired by chmod is noticed alike. Symbolic links are
 * followed: Kubernetes and many an administrator let a secret's name be one;
 * what is checked is the file that was opened. A secret has to be a regular
 * file of root or of httpd's own user that nobody else can read, also when
 * it is replaced while httpd runs. An account file holds verifiers and is
 * meant to be shared; it only has to be a regular file.
 *
 * Belongs to one thread at a time. Descriptors live from open to send under
 * the fork guard, so that no worker inherits one.
 */
#ifndef ANONID_MODULE_SOURCES_H
#define ANONID_MODULE_SOURCES_H

#include "../common/account.h"
#include "../common/channel.h"

/* How often sources are looked at. */
#define ANONID_SOURCES_INTERVAL apr_time_from_sec(2)

typedef struct anonid_sources_t anonid_sources_t;

/* The sources of those accounts (anonid_account_t *, which must outlive
 * them), each account file once. */
anonid_sources_t *anonid_sources_make(apr_pool_t *pool,
                                      const apr_array_header_t *accounts);

/* Passes each source to the agent: a descriptor, or why there is none.
 * APR_SUCCESS, or what the channel said; then the rest was not passed. */
apr_status_t anonid_sources_pass_all(anonid_sources_t *sources,
                                     anonid_channel_t *agent);

/* Passes those that are not what was passed last. */
apr_status_t anonid_sources_pass_changed(anonid_sources_t *sources,
                                         anonid_channel_t *agent);

/* Passes the sources of one account, changed or not. */
apr_status_t anonid_sources_pass_account(anonid_sources_t *sources,
                                         const anonid_account_t *account,
                                         anonid_channel_t *agent);

#endif
