/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account files as the parent opened them: one for each path. What is in
 * a file is the file provider's business.
 */
#ifndef ANONID_AGENT_LOGON_ACCOUNT_FILE_H
#define ANONID_AGENT_LOGON_ACCOUNT_FILE_H

#include "agent/provider/account_table.h"

#include "common/failure.h"
#include "common/source.h"

/* One opened file, or why there is none. Immutable; counted, because an
 * attempt may read it while a newer one is here already. Main thread only,
 * but for the table. */
typedef struct {
    unsigned holders;
    char *path;
    char version[ANONID_VERSION_MAX]; /* "" when it could not be opened */
    anonid_account_table_t *table;    /* NULL then, and `outcome` says why */
    anonid_outcome_t outcome;
} anonid_account_file_t;

/* Takes the descriptor. NULL (and fd closed) if there is no memory. */
anonid_account_file_t *anonid_account_file_make(const char *path,
                                                const char *version, int fd);

/* One that could not be opened: "Access is denied." A file that is not there
 * ends the logon of its accounts (permanent: nobody is defined any more);
 * one that cannot be read just now does not (transient). */
anonid_account_file_t *anonid_account_file_failed(const char *path, int error,
                                                  const char *text);

anonid_account_file_t *anonid_account_file_hold(anonid_account_file_t *file);
void anonid_account_file_drop(anonid_account_file_t *file);

#endif
