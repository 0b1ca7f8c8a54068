/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a message, and the addresses in its header; see letter.h.
 */
#include "ctl/letter.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int grow(anonid_ctl_letter_t *letter, size_t *capacity)
{
    char *text = realloc(letter->text, *capacity * 2);

    if (!text)
        return 0;
    letter->text = text;
    *capacity *= 2;
    return 1;
}

/* The end of the message in what was read: where a line of one dot begins. */
static size_t find_dot(const anonid_ctl_letter_t *letter)
{
    const char *text = letter->text, *end = text + letter->length;

    for (const char *line = text; line < end;) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t n = lf ? (size_t)(lf - line) : (size_t)(end - line);

        n -= n > 0 && line[n - 1] == '\r';
        if (n == 1 && *line == '.')
            return (size_t)(line - text);
        line = lf ? lf + 1 : end;
    }
    return letter->length;
}

static void look_at_octets(anonid_ctl_letter_t *letter)
{
    for (size_t i = 0; i < letter->length; i++)
        letter->eight_bit |= (unsigned char)letter->text[i] > 127;
}

const char *anonid_letter_read(anonid_ctl_letter_t *letter, int fd,
                               int ignore_dots)
{
    size_t capacity = 65536;
    ssize_t n = 1;

    *letter = (anonid_ctl_letter_t){ malloc(capacity), 0, 0 };
    while (letter->text && n > 0) {
        if (letter->length == capacity && !grow(letter, &capacity))
            return "no memory";
        n = read(fd, letter->text + letter->length, capacity - letter->length);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            letter->length += (size_t)n;
        if (letter->length > ANONID_MESSAGE_MAX)
            return "the message is too large";
    }
    if (!letter->text || n < 0)
        return letter->text ? strerror(errno) : "no memory";
    if (!ignore_dots)
        letter->length = find_dot(letter);
    look_at_octets(letter);
    return NULL;
}

/* ---- the header ---- */

/* The body of the next field of that name, behind *at; NULL: no more. */
static const char *next_field(const anonid_ctl_letter_t *letter,
                              const char *name, size_t *at, size_t *length)
{
    size_t n = strlen(name);
    const char *found = NULL;

    while (*at < letter->length) {
        const char *line = letter->text + *at;
        const char *lf = memchr(line, '\n', letter->length - *at);
        size_t whole = lf ? (size_t)(lf - line) + 1 : letter->length - *at;

        if (found && *line != ' ' && *line != '\t')
            break;
        if (*line == '\n' || *line == '\r')
            break;
        *at += whole;
        if (found)
            *length += whole;
        else if (whole > n && line[n] == ':' && !strncasecmp(line, name, n)) {
            found = line + n + 1;
            *length = whole - n - 1;
        }
    }
    return found;
}

int anonid_letter_has(const anonid_ctl_letter_t *letter, const char *name)
{
    size_t at = 0, length;

    return next_field(letter, name, &at, &length) != NULL;
}

/* One address of a list as it is gathered: what stands in "<>", or, without
 * those, all that is no comment. */
typedef struct {
    char text[1024];
    size_t length;
    int in_brackets, has_brackets;
    int quoted, comments;
} gathered_t;

static void gather(gathered_t *g, char c)
{
    if (g->length + 1 < sizeof(g->text))
        g->text[g->length++] = c;
}

static const char *end_address(gathered_t *g, apr_pool_t *pool,
                               apr_array_header_t *recipients)
{
    g->text[g->length] = '\0';
    if (g->length + 1 == sizeof(g->text))
        return "an address in the header is too long";
    if (g->length > 0)
        APR_ARRAY_PUSH(recipients, const char *) = apr_pstrdup(pool, g->text);
    *g = (gathered_t){ .length = 0 };
    return NULL;
}

/* Quotes and comments: 1 if the octet is done with. */
static int take_hidden(gathered_t *g, char c)
{
    if (g->quoted) {
        g->quoted = c != '"';
        if (g->in_brackets || !g->has_brackets)
            gather(g, c);
        return 1;
    }
    g->comments += c == '(';
    if (g->comments > 0) {
        g->comments -= c == ')';
        return 1;
    }
    return 0;
}

static const char *take_octet(gathered_t *g, char c, apr_pool_t *pool,
                              apr_array_header_t *recipients)
{
    if (take_hidden(g, c))
        return NULL;
    if (c == '<') {
        g->length = 0;
        g->in_brackets = g->has_brackets = 1;
        return NULL;
    }
    if (c == '>') {
        g->in_brackets = 0;
        return NULL;
    }
    if (c == ':') { /* the name of a group goes before it */
        g->length = 0;
        return NULL;
    }
    if ((c == ',' || c == ';') && !g->in_brackets)
        return end_address(g, pool, recipients);
    if (!strchr(" \t\r\n", c) && (g->in_brackets || !g->has_brackets))
        gather(g, c);
    g->quoted = c == '"';
    return NULL;
}

static const char *add_list(const char *body, size_t length, apr_pool_t *pool,
                            apr_array_header_t *recipients)
{
    gathered_t g = { .length = 0 };
    const char *wrong = NULL;

    for (size_t i = 0; i < length && !wrong; i++) {
        if (body[i] == '\0')
            return "there is a NUL octet in the header";
        wrong = take_octet(&g, body[i], pool, recipients);
    }
    return wrong ? wrong : end_address(&g, pool, recipients);
}

const char *anonid_letter_recipients(const anonid_ctl_letter_t *letter,
                                     apr_pool_t *pool,
                                     apr_array_header_t *recipients)
{
    static const char *const names[] = { "To", "Cc", "Bcc" };
    const char *wrong = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t at = 0, length = 0;
        const char *body = next_field(letter, names[i], &at, &length);

        for (; body && !wrong;
             body = next_field(letter, names[i], &at, &length))
            wrong = add_list(body, length, pool, recipients);
    }
    return wrong;
}
