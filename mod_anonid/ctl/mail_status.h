/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How mail stands, as `anonidctl status` shows it.
 */
#ifndef ANONID_CTL_MAIL_STATUS_H
#define ANONID_CTL_MAIL_STATUS_H

#include "common/mail_status.h"
#include "ctl/session.h"

#include <jansson.h>

/* Asks for all of it. 0, or an exit status after a line on standard error. */
int anonid_mail_status_ask(anonid_ctl_session_t *session,
                           anonid_mail_status_t *mail);

/* Keeps what has to do with that account. */
void anonid_mail_status_of(anonid_mail_status_t *mail, const char *account);

/* Makes all texts fit for a terminal. */
void anonid_mail_status_clean(const anonid_ctl_session_t *session,
                              anonid_mail_status_t *mail);

/* Where a mail server refuses the account, the line that says so. */
void anonid_mail_status_print_refusals(const anonid_mail_status_t *mail,
                                       const char *account);

/* The servers and the listeners, if there are any. */
void anonid_mail_status_print(const anonid_mail_status_t *mail);

/* {"servers": [...], "accounts": [...], "listeners": [...]} */
json_t *anonid_mail_status_json(const anonid_mail_status_t *mail);

/* 1 if a server refuses an account. */
int anonid_mail_status_refuses(const anonid_mail_status_t *mail);

#endif
