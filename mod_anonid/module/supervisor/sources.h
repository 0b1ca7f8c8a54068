/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: where the secrets of accounts come from, and their account files.
 *
 * Owns opening them for the agent (which may not), and noticing that one has
 * changed. What is in them is never read here.
 *
 * A file is looked at by name every time and opened only when it differs
 * from what was passed on last, so a file that is replaced by renaming,
 * rewritten, or repaired by chmod is noticed alike. What is allowed of one is
 * in source_open.h.
 *
 * What a program prints cannot be looked at: it is run at the start, at each
 * restart, whenever the agent asks, when the program's file has changed, and
 * every five minutes. Its version is that of its file; whether it printed
 * something else than before, the agent finds out.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SOURCES_H
#define ANONID_MODULE_SUPERVISOR_SOURCES_H

#include "common/account.h"
#include "common/channel.h"
#include "common/shared_store.h"
#include "module/supervisor/account_lock.h"

/* How often sources are looked at. */
#define ANONID_SOURCES_INTERVAL apr_time_from_sec(2)

typedef struct anonid_sources_t anonid_sources_t;

/* The sources of those accounts (anonid_account_t *, which must outlive
 * them), each account file once. */
anonid_sources_t *anonid_sources_make(apr_pool_t *pool,
                                      const apr_array_header_t *accounts);

/* Who hears what the account's program says on standard error, a line at a
 * time, fit to be shown; is_bad: it has not printed a secret. */
typedef void (*anonid_sources_hear_t)(void *context, const char *account,
                                      int is_bad, const char *line);
void anonid_sources_hear(anonid_sources_t *sources, anonid_sources_hear_t hear,
                         void *context);

/* Refresh tokens are for one server alone: each use may make the next one, and
 * whoever shows an old one is taken for a thief. So their files are passed
 * only while this server has the control of them (account_lock.h), for which
 * it asks again and again; NULL, as at first: it does not ask. */
void anonid_sources_use_locks(anonid_sources_t *sources,
                              anonid_account_locks_t *locks);

/* Adds the secret of the shared store. */
void anonid_sources_add_store(anonid_sources_t *sources,
                              const anonid_shared_store_t *store);

/* Passes each source to the agent: a descriptor, or why there is none.
 * APR_SUCCESS, or what the channel said; then the rest was not passed. */
apr_status_t anonid_sources_pass_all(anonid_sources_t *sources,
                                     anonid_channel_t *agent);

/* Passes those that are not what was passed last. */
apr_status_t anonid_sources_pass_changed(anonid_sources_t *sources,
                                         anonid_channel_t *agent);

/* Passes the sources of one account, changed or not. A program is started;
 * what it prints follows. */
apr_status_t anonid_sources_pass_account(anonid_sources_t *sources,
                                         const anonid_account_t *account,
                                         anonid_channel_t *agent);

/* Passes the output of the programs that have ended, and starts those that
 * wait. To be called after a SIGCHLD; also does what has become due
 * otherwise. */
apr_status_t anonid_sources_collect(anonid_sources_t *sources,
                                    anonid_channel_t *agent);

/* Ends the programs that run. Nothing is passed any more. NULL is fine. */
void anonid_sources_close(anonid_sources_t *sources);

#endif
