/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Password synchronisation: the server makes the password of a local account
 * itself and has the parent store its verifier in the account file.
 *
 *   begin -> MAKING -> (STORE_VERIFIER) STORING -> (VERIFIER_STORED) READING
 *         -> (ACCOUNT_FILE) the password becomes the candidate: logon
 *
 * A password that could not be stored is dropped, and the old one stays in
 * use. Accounts are never invented: one without a line in the file fails.
 * Main thread only.
 */
#ifndef ANONID_AGENT_LOGON_SYNC_H
#define ANONID_AGENT_LOGON_SYNC_H

#include "agent/logon/logon.h"

/* A new password, as soon as nothing else of the account is under way. The
 * waiter (may be NULL) is told when it is stored and proven, or not. */
void anonid_sync_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter);

/* Starts. The account has an account file. */
void anonid_sync_begin(anonid_logon_t *logon);

/* The parent's VERIFIER_STORED: 0, or an errno and a sentence. */
void anonid_sync_stored(anonid_logon_t *logon, int error, const char *text);

/* 1 if the file's arrival was awaited: the password is the candidate now. */
int anonid_sync_file_came(anonid_logon_t *logon);

/* 1 while the file may hold the new verifier or the old one: nothing may be
 * checked against it. */
int anonid_sync_unsettled(const anonid_logon_t *logon);

/* 1 while the password changes, and for some seconds after: a mail server may
 * still know the old one (Dovecot looks at a file once a second), so that what
 * it refuses now says nothing. */
int anonid_sync_settling(const anonid_logon_t *logon);

/* The parent did not answer until the deadline. While it answers for others
 * it gets another one. */
void anonid_sync_overdue(anonid_logon_t *logon);

/* Whoever was asked to store the verifier is gone, and there is somebody
 * else: begins anew. */
void anonid_sync_again(anonid_logon_t *logon);

/* Gives up, without a word. */
void anonid_sync_stop(anonid_logon_t *logon);

#endif
