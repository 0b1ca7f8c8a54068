/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message on its way into DATA: dots stuffed (RFC 5321 section 4.5.2) and
 * CRLF.CRLF at the end, in pieces of any size. The message stays where it
 * is; no octet of it is held here.
 */
#ifndef ANONID_AGENT_SMTP_DOTSTUFF_H
#define ANONID_AGENT_SMTP_DOTSTUFF_H

#include <stddef.h>

typedef struct {
    const char *next;
    const char *end;
    const char *pending; /* octets owed before the message goes on */
    int line_start;
    int ended;
} anonid_dotstuff_t;

/* A message that passed anonid_message_check; it must outlive the walk. */
void anonid_dotstuff_begin(anonid_dotstuff_t *d, const char *data,
                           size_t length);

/* Writes at most `room` octets (room > 0); 0 when all was written. */
size_t anonid_dotstuff_next(anonid_dotstuff_t *d, char *out, size_t room);

/* 1 when the final dot was written. */
int anonid_dotstuff_done(const anonid_dotstuff_t *d);

#endif
