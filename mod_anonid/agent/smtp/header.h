/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of an application's message, as it goes on to the mail server
 * (RFC 5322, RFC 6409 section 8), field by field while it comes in:
 *
 *   - Received is put in front, and says whose process it was;
 *   - From is the service's address. One of another address is replaced, and
 *     goes to Reply-To if there is none; a name in front of the right one
 *     stays. A second From, Sender, Bcc, Return-Path and mbox's "From " go;
 *   - Date and Message-ID are added where they are missing.
 *
 * Hostile input: fields and header are bounded, control characters and what
 * is neither ASCII nor UTF-8 refused. Knows no connection.
 */
#ifndef ANONID_AGENT_SMTP_HEADER_H
#define ANONID_AGENT_SMTP_HEADER_H

#include <stddef.h>

/* Octets of one field with its folds, and of the whole header. */
#define ANONID_HEADER_FIELD_MAX 65536
#define ANONID_HEADER_MAX (256 * 1024)

/* Received fields of a message that goes round in a loop (RFC 5321 section
 * 6.3). */
#define ANONID_RECEIVED_MAX 50

/* Where the octets of the message go: 1, or 0 when there is no room. */
typedef int (*anonid_header_put_t)(void *context, const char *data,
                                   size_t length);

typedef struct {
    const char *mail_from;  /* the service's address */
    const char *received;   /* the body of the Received field */
    const char *date;       /* ... and of the Date field */
    const char *message_id; /* ... and of the Message-ID field */
    anonid_header_put_t put;
    void *context;

    /* Its own. */
    char *field; /* the field that may go on in the next line */
    size_t length, capacity, total;
    char *other_from; /* what From said, for Reply-To */
    unsigned seen;
    int received_fields;
    int utf8; /* there are octets over 127 */
    const char *wrong;
} anonid_header_t;

/* Begins: mail_from to context are set, the rest is zero. */
void anonid_header_begin(anonid_header_t *header);

/* Takes a line without its end, also the empty one. 1: it belonged to the
 * header, which may go on; 0: the header has ended before it or with it, was
 * written with its empty line, and *is_body says whether the line is the
 * body's first. header->wrong: a reply that refuses the message. */
int anonid_header_line(anonid_header_t *header, const char *line,
                       size_t length, int *is_body);

/* The message ends in the header. */
void anonid_header_end(anonid_header_t *header);

/* Frees what it has; harmless when that is nothing. */
void anonid_header_free(anonid_header_t *header);

#endif
