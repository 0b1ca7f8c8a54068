/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an IMAP server offers, wherever it says so: an untagged CAPABILITY, or
 * the response code of that name (RFC 3501 sections 7.1 and 7.2.1).
 */
#ifndef ANONID_AGENT_IMAP_CAPABILITIES_H
#define ANONID_AGENT_IMAP_CAPABILITIES_H

#include "agent/mail/driver.h"

/* Finds the last list in a reply, the words behind "CAPABILITY": 1, or 0 if
 * there is none. */
int anonid_imap_capability_list(const anonid_mail_reply_t *reply,
                                const char **list, size_t *length);

/* Fills caps; nothing of them where there is no list. */
void anonid_imap_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps);

/* Room for a list of capabilities, with the NUL at its end. */
#define ANONID_IMAP_LIST_MAX 2048

/* Copies a list as a client behind a listener may see it: without what is for
 * logging on, and without UNAUTHENTICATE (RFC 8437), after which a client
 * could log on as somebody else over the account's connection. What is no
 * atom, or does not fit, is left out. Returns the octets before the NUL. */
size_t anonid_imap_capabilities_strip(const char *list, size_t length,
                                      char out[ANONID_IMAP_LIST_MAX]);

#endif
