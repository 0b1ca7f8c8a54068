/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate that every login to a mail server passes, whoever asks for it.
 * There is one for each account, credential version and service:
 *
 *   closed    one authentication at a time, until one has worked; others,
 *             which may have connected meanwhile, wait in line
 *   open      while a session lives that has passed: the version is good
 *   held      after the account was refused: nobody tries that version, first
 *             for a minute, then for an hour
 *
 *   resting   for 1, 2 and 4 seconds after a refusal of a password that this
 *             server has set itself a moment ago: the mail server may not have
 *             seen it yet (or not any more). Who comes waits
 *
 * At most 32 logins are under way with one server, in whatever state the gate
 * is; others wait in line before they connect, so that a server that comes
 * back meets its clients one after the other.
 *
 * So a thousand clients with a wrong password are one attempt, and no account
 * is locked out. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_GATE_H
#define ANONID_AGENT_MAIL_GATE_H

#include "agent/mail/identity.h"
#include "agent/net/mail_error.h"

typedef struct anonid_gate_pass_t anonid_gate_pass_t;

/* error NULL: the holder of the pass may go on, first to connect, and when it
 * has knocked, to authenticate, of which it then says what became. Otherwise
 * the version is held (HELD) or not the account's any more (STALE), and the
 * pass is gone. */
typedef void (*anonid_gate_answer_t)(void *context,
                                     const anonid_mail_error_t *error);

/* Asks to log on to that server; answer is called later. NULL without
 * memory. */
anonid_gate_pass_t *anonid_gate_enter(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      anonid_gate_answer_t answer,
                                      void *context);

/* Asks to authenticate; answer is called later. */
void anonid_gate_knock(anonid_gate_pass_t *pass);

/* The login has worked. The gate is open as long as the pass is held. */
void anonid_gate_worked(anonid_gate_pass_t *pass);

/* The server has refused the account. 1 if that says nothing, because the
 * password was being changed: the pass is to be given back, and the login to
 * enter anew, where it has to wait. 0: the refusal counts. */
int anonid_gate_excuses(anonid_gate_pass_t *pass);

/* The server has refused the account with these words, which counts. Returns
 * the seconds for which the version is held; 0: it is not, because that server
 * lets other sessions of the account live, so that it has something against
 * their number. */
int anonid_gate_refused(anonid_gate_pass_t *pass, const char *words);

/* Gives the pass back: the login has failed or was given up, or its session
 * has ended. NULL is fine. */
void anonid_gate_leave(anonid_gate_pass_t *pass);

/* The account has that version now (0: none): what was held against others is
 * forgotten, and who waits with them is told. */
void anonid_gate_version(const char *account, unsigned long version);

/* What is held against the account is forgotten, whatever its version: an
 * operator wants it tried again. */
void anonid_gate_pardon(const char *account);

/* Forgets what is held; for the end, when nobody has a pass. */
void anonid_gate_stop(void);

#endif
