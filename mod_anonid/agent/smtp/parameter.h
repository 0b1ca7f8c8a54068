/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of an application's MAIL and RCPT:
 *
 *   MAIL  SIZE=n                       RFC 1870
 *         BODY=7BIT / 8BITMIME         RFC 6152
 *         AUTH=address                 RFC 4954; not passed on
 *         SMTPUTF8                     RFC 6531
 *         RET=FULL / HDRS, ENVID=xtext RFC 3461
 *   RCPT  NOTIFY=NEVER / list, ORCPT=type;xtext
 *
 *   xtext = *( any of "!" to "~" but "+" and "=" / "+" two of 0-9 A-F )
 *
 * What is passed on is checked to its last octet. Hostile input; allocates
 * nothing.
 */
#ifndef ANONID_AGENT_SMTP_PARAMETER_H
#define ANONID_AGENT_SMTP_PARAMETER_H

#include "agent/smtp/command.h"

typedef struct {
    anonid_smtp_verb_t verb; /* MAIL or RCPT */
    unsigned offers;         /* extensions that were offered, ANONID_CAP_... */
} anonid_smtp_allowed_t;

/* Takes one parameter, "NAME" or "NAME=value": NULL, or the reply that refuses
 * it. */
const char *anonid_smtp_parameter_take(const char *word, size_t length,
                                       const anonid_smtp_allowed_t *allowed,
                                       anonid_smtp_path_t *path);

#endif
