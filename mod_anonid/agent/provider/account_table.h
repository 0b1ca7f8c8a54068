/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The users of one opened account file and their verifiers. The file is read
 * once, by the first that asks, however many accounts are in it; all others
 * look their line up in what was read. Knows the format (common/accountfile.h)
 * and no account.
 */
#ifndef ANONID_AGENT_PROVIDER_ACCOUNT_TABLE_H
#define ANONID_AGENT_PROVIDER_ACCOUNT_TABLE_H

#include "agent/secret/verifier.h"

#include "common/accountfile.h"

typedef struct anonid_account_table_t anonid_account_table_t;

/* Takes the descriptor over. NULL (and fd closed) if there is no memory. */
anonid_account_table_t *anonid_account_table_make(int fd);

/* Copies the user's verifier, if the answer is OK. *why is NULL, or what is
 * wrong with the file as a whole: then the answer says nothing, and the next
 * one that asks reads the file again. Any thread; may block in the file. */
anonid_accountfile_t
anonid_account_table_find(anonid_account_table_t *table, const char *user,
                          char verifier[ANONID_VERIFIER_ROOM],
                          const char **why);

/* NULL is fine. Nobody asks any more. */
void anonid_account_table_free(anonid_account_table_t *table);

#endif
