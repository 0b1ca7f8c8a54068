/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's command before it is logged on (RFC 3501 section 9, LITERAL- of
 * RFC 7888).
 *
 *   command = tag SP name [ SP arguments ] CRLF
 *   literal = "{" number [ "+" ] "}" CRLF octets
 *
 * The octets of a literal are never commands, whatever becomes of the command
 * that they belong to. Those without "+" are sent only when they are asked
 * for, and only LOGIN's and ID's are. A bare LF ends a line as well. Allocates
 * nothing, and knows no connection.
 */
#ifndef ANONID_AGENT_IMAP_COMMAND_H
#define ANONID_AGENT_IMAP_COMMAND_H

#include "common/wire.h"

#define ANONID_IMAP_TAG_MAX 64
#define ANONID_IMAP_LINE_MAX 8192    /* without literals */
#define ANONID_IMAP_LITERAL_MAX 8192 /* of one */
#define ANONID_IMAP_COMMAND_MAX 32768

/* What is wrong with a command that has ended nevertheless. */
typedef enum {
    ANONID_IMAP_FAULT_NONE,
    ANONID_IMAP_FAULT_TAG,     /* there is none that can be answered */
    ANONID_IMAP_FAULT_LITERAL, /* one that is not asked for was announced */
    ANONID_IMAP_FAULT_OCTETS   /* a NUL, or a CR that ends no line */
} anonid_imap_fault_t;

typedef struct {
    const char *tag; /* "*" if there is none */
    size_t tag_length;
    const char *name; /* "" if there is none */
    size_t name_length;
    const char *arguments; /* with literals, without the last line's end */
    size_t arguments_length;
    anonid_imap_fault_t fault;
    int prompts; /* literals so far that have to be asked for; also on MORE */
} anonid_imap_command_t;

/* Parses the command at the beginning of data. BAD: it is too long, or
 * announces octets that are on their way and too many to be read; nothing that
 * follows can be understood. */
anonid_parse_t anonid_imap_command_parse(const char *data, size_t length,
                                         anonid_imap_command_t *command,
                                         size_t *consumed);

/* 1 if the command is that one, in any case. */
int anonid_imap_command_is(const anonid_imap_command_t *command,
                           const char *name);

/* How many astrings (atoms, quoted strings, literals) the arguments are; -1 if
 * they are something else. */
int anonid_imap_command_astrings(const anonid_imap_command_t *command);

typedef struct {
    const char *next;
    const char *end;
} anonid_imap_cursor_t;

/* Takes a quoted string (as it stands between its quotes) or a literal out of
 * arguments: 1, or 0 and nothing. */
int anonid_imap_take_string(anonid_imap_cursor_t *cursor, const char **text,
                            size_t *length);

/* The first of the arguments, up to a blank, and whether there are others. */
void anonid_imap_command_word(const anonid_imap_command_t *command,
                              const char **word, size_t *length, int *others);

#endif
