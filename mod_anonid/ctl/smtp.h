/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonid-sendmail's dialogue with an SMTP listener. Waits as long as the
 * listener's own deadlines let it. Its outcome is one of sysexits(3).
 */
#ifndef ANONID_CTL_SMTP_H
#define ANONID_CTL_SMTP_H

#include "ctl/letter.h"

typedef struct {
    const char *sender;
    const char *from; /* a From field's body where there is none; or NULL */
    const apr_array_header_t *recipients; /* const char * */
    const anonid_ctl_letter_t *letter;
} anonid_smtp_mail_t;

/* Connects to the listener of that URL: a descriptor, or -1, and a line on
 * standard error. */
int anonid_smtp_connect(const char *url, apr_pool_t *pool, int *status);

/* Sends it to all its recipients or to none. */
int anonid_smtp_send(int fd, const anonid_smtp_mail_t *mail);

/* Joins standard input and output to the listener (-bs). */
int anonid_smtp_join(int fd);

#endif
