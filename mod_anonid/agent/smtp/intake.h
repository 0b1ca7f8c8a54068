/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message between DATA and the final dot, as an application sends it to a
 * listener (RFC 5321 section 4.5.2): lines are found, dots unstuffed, the
 * header rewritten (header.h), and all of it kept in memory, bounded.
 *
 *   end of data  CRLF "." CRLF, and nothing else: not with a bare LF
 *   line         ends in CRLF; a bare CR or LF is made a line end, or, if
 *                `strict`, a reason to refuse the message
 *
 * A message that is refused is read to its end all the same, so that nothing
 * of it is taken for a command.
 */
#ifndef ANONID_AGENT_SMTP_INTAKE_H
#define ANONID_AGENT_SMTP_INTAKE_H

#include "agent/message/message.h"
#include "agent/smtp/header.h"

/* Octets that all messages that come in have together. */
#define ANONID_INTAKE_ALL (256L * 1024 * 1024)

typedef struct {
    int strict;
    size_t limit; /* most octets of the message */
    anonid_header_t header;

    /* Its own. */
    int in_header;
    int ended;         /* the final dot has come */
    int after_crlf;    /* the line before ended in CRLF */
    int cr;            /* a CR that was not followed by anything yet */
    const char *wrong; /* a reply that refuses the message */
    char line[1024];
    size_t length; /* of the line; more than ANONID_LINE_MAX: too long */
    char *text;
    size_t used, capacity;
    int eight_bit;
} anonid_intake_t;

/* Begins a message: strict, limit and the header's first part are set, the
 * rest is zero. */
void anonid_intake_begin(anonid_intake_t *intake);

/* Takes octets: returns how many belonged to the message; intake->ended is 1
 * when that was all of it. */
size_t anonid_intake_feed(anonid_intake_t *intake, const char *data,
                          size_t length);

/* The message, once it has ended and nothing is wrong with it; it lives as
 * long as the intake. */
anonid_mail_message_t anonid_intake_message(const anonid_intake_t *intake);

/* Frees what it has; harmless when that is nothing. */
void anonid_intake_free(anonid_intake_t *intake);

#endif
