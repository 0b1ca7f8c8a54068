/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records of failed versions are kept, so that an account that was
 * refused is not tried again by the next agent, or the next httpd: a file for
 * each account in a folder that the parent has opened.
 *
 * A file is replaced as a whole, by renaming. What is in one is not trusted:
 * a file that is no record of its account counts as none. Main thread only,
 * which no file system can hold up, but for what says otherwise.
 */
#ifndef ANONID_AGENT_LOGON_FAILED_STORE_H
#define ANONID_AGENT_LOGON_FAILED_STORE_H

#include "agent/logon/config.h"
#include "agent/logon/failed_record.h"

/* Takes the folder's descriptor over, instead of an older one; -1: nothing is
 * kept. */
void anonid_failed_store_open(int folder);

/* Reads the account's record, for recall to look at. Any thread; takes as
 * long as the file system likes. */
void anonid_failed_store_read(const anonid_account_t *account);

/* The record that was read last of the account, once: 1 if it is of the
 * account as it is configured, with that version of its source, else 0. */
int anonid_failed_store_recall(const anonid_account_t *account,
                               const char *version, anonid_failed_t *failed);

/* Records a permanent failure in place of an older one. Why that cannot be
 * done is logged. Any thread; it is done when this returns, which takes as
 * long as the file system likes. */
void anonid_failed_store_write(const anonid_account_t *account,
                               const char *version,
                               const anonid_outcome_t *outcome);

/* The same on the thread pool, if that runs, after what was asked before. */
void anonid_failed_store_remember(const anonid_account_t *account,
                                  const char *version,
                                  const anonid_outcome_t *outcome);

/* Removes the account's record, if there is one; where, see remember. */
void anonid_failed_store_forget(const anonid_account_t *account);

/* Removes the records of accounts that the configuration does not have, on the
 * thread pool if that runs. */
void anonid_failed_store_prune(const anonid_config_t *config);

#endif
