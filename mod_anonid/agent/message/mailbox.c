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
