/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the mailbox of a header field with an address; see mailbox.h.
 */
#include "agent/message/mailbox.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char *next;
    const char *end;
} cursor_t;

/* Blanks, tabs and folds (the message's CRLFs were checked before). */
static void skip_space(cursor_t *c)
{
    while (c->next < c->end && strchr(" \t\r\n", *c->next) && *c->next)
        c->next++;
}

static int is_atom_octet(char c)
{
    return (unsigned char)c > 127 || isalnum((unsigned char)c)
           || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

/* Over a quoted string; 0 if it does not end. */
static int skip_quoted(cursor_t *c)
{
    for (c->next++; c->next < c->end; c->next++) {
        if (*c->next == '"') {
            c->next++;
            return 1;
        }
        if (*c->next == '\\')
            c->next++;
    }
    return 0;
}

/* Over a phrase, which may be empty; 0 if it is malformed. */
static int skip_phrase(cursor_t *c)
{
    skip_space(c);
    while (c->next < c->end && *c->next != '<') {
        if (*c->next == '"') {
            if (!skip_quoted(c))
                return 0;
        }
        else if (is_atom_octet(*c->next)) {
            c->next++;
        }
        else {
            return 0;
        }
        skip_space(c);
    }
    return 1;
}

/* The local part octet for octet, the domain without regard to case. */
static int same_address(const char *text, size_t length, const char *address)
{
    const char *at = strrchr(address, '@');
    size_t local;

    if (!at || length != strlen(address))
        return 0;
    local = (size_t)(at - address) + 1;
    return memcmp(text, address, local) == 0
           && strncasecmp(text + local, at + 1, length - local) == 0;
}

int anonid_mailbox_is(const char *body, size_t length, const char *address)
{
    cursor_t c = { body, body + length };
    const char *close;

    skip_space(&c);
    while (c.end > c.next && strchr(" \t\r\n", c.end[-1]) && c.end[-1])
        c.end--;
    if (same_address(c.next, (size_t)(c.end - c.next), address))
        return 1;
    if (!skip_phrase(&c) || c.next == c.end || c.end[-1] != '>')
        return 0;
    close = c.end - 1;
    c.next++;
    return same_address(c.next, (size_t)(close - c.next), address);
}

/* RFC 3629 section 4: what may follow a first octet. */
typedef struct {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    int more; /* octets after the first */
} utf8_row_t;

static const utf8_row_t utf8_rows[] = {
    { 0x00, 0x7f, 0, 0, 0 },       { 0xc2, 0xdf, 0x80, 0xbf, 1 },
    { 0xe0, 0xe0, 0xa0, 0xbf, 2 }, { 0xe1, 0xec, 0x80, 0xbf, 2 },
    { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
    { 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 },
    { 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

/* Octets of the sequence at p, 0 if it is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
    const utf8_row_t *row = utf8_rows;
    const utf8_row_t *last = row + sizeof(utf8_rows) / sizeof(*row);

    while (row < last && (p[0] < row->first_low || p[0] > row->first_high))
        row++;
    if (row == last || left <= (size_t)row->more)
        return 0;
    if (row->more && (p[1] < row->second_low || p[1] > row->second_high))
        return 0;
    for (int i = 2; i <= row->more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return 1 + (size_t)row->more;
}

int anonid_utf8_valid(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t n = sequence((const unsigned char *)text + at, length - at);

        if (n == 0)
            return 0;
        at += n;
    }
    return 1;
}
