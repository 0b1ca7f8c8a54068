/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for an account that is about to log on for the first time, because
 * the agent has just started, or the account is new: an application that comes
 * in that moment is not sent away. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_FIRST_LOGON_H
#define ANONID_AGENT_MAIL_FIRST_LOGON_H

struct event_base;

/* As long as a request for a page waits (module/map/logon_state.c). */
#define ANONID_FIRST_LOGON_SECONDS 5

typedef struct anonid_first_logon_t anonid_first_logon_t;

/* done is called once, later: when the first attempt is over, or the time.
 * NULL: there is nothing to wait for. */
anonid_first_logon_t *anonid_first_logon_await(struct event_base *base,
                                               const char *account,
                                               void (*done)(void *context),
                                               void *context);

/* Waits no longer; done will not be called. NULL is fine. */
void anonid_first_logon_cancel(anonid_first_logon_t *first);

#endif
