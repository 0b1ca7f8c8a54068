/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins that a mail service refused. The same password would be refused
 * again, and each attempt brings the account nearer to being locked out; so
 * there is a long wait before the next, until the credential version changes.
 */
#ifndef ANONID_AGENT_MAIL_REFUSALS_H
#define ANONID_AGENT_MAIL_REFUSALS_H

/* Remembers a refusal, now. Returns the seconds until the next attempt. */
int anonid_refusal_note(const char *account, const char *service,
                        unsigned long version);

/* Seconds until a login with that version may be tried; 0: now. */
int anonid_refusal_wait(const char *account, const char *service,
                        unsigned long version);

/* The login worked: earlier refusals were the server's mistake. */
void anonid_refusal_forget(const char *account, const char *service,
                           unsigned long version);

/* Forgets the refusals of an account's other versions. */
void anonid_refusal_version(const char *account, unsigned long version);

/* Forgets all. */
void anonid_refusal_stop(void);

#endif
