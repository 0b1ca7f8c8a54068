/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one mailbox of a From or Sender field (RFC 5322 section 3.4): the
 * service's own address and nothing with it. A display name would be what a
 * reader sees of the sender, and nobody but the operator may choose that, who
 * has not given one. What this code and a mail reader could understand
 * differently must not pass.
 *
 *   mailbox      = addr-spec / "<" addr-spec ">"
 *
 * No comments, groups, routes, lists, or obsolete forms.
 */
#ifndef ANONID_AGENT_MESSAGE_MAILBOX_H
#define ANONID_AGENT_MESSAGE_MAILBOX_H

#include <stddef.h>

/* 1 if the field body (folded or not) is one mailbox with that address; the
 * domain is compared without regard to case. */
int anonid_mailbox_is(const char *body, size_t length, const char *address);

#endif
