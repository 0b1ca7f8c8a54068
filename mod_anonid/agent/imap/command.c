/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of clients' commands; see command.h for the grammar.
 */
#include "agent/imap/command.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The end of a line: its octets without CRLF or LF, and how many with it. */
typedef struct {
    size_t content;
    size_t whole;
} line_t;

static anonid_parse_t find_line(const char *data, size_t length, line_t *line)
{
    const char *lf = memchr(data, '\n', length);

    if (!lf)
        return length > ANONID_IMAP_LINE_MAX ? ANONID_PARSE_BAD
                                             : ANONID_PARSE_MORE;
    line->content = (size_t)(lf - data);
    line->whole = line->content + 1;
    if (line->content > 0 && data[line->content - 1] == '\r')
        line->content--;
    return line->whole > ANONID_IMAP_LINE_MAX ? ANONID_PARSE_BAD
                                              : ANONID_PARSE_OK;
}

typedef struct {
    size_t octets; /* more than may be: any number that is too large */
    int waits;     /* to be asked for */
} literal_t;

/* Reads "{n}" or "{n+}" at the end of a line: 1, or 0 if it is none. */
static int read_literal(const char *line, size_t length, literal_t *literal)
{
    size_t at = length;

    if (length < 3 || line[--at] != '}')
        return 0;
    literal->waits = line[at - 1] != '+';
    if (!literal->waits)
        at--;
    literal->octets = 0;
    length = at;
    while (at > 0 && isdigit((unsigned char)line[at - 1]))
        at--;
    if (at == length || at == 0 || line[at - 1] != '{')
        return 0;
    for (; at < length && literal->octets <= ANONID_IMAP_LITERAL_MAX; at++)
        literal->octets = literal->octets * 10 + (size_t)(line[at] - '0');
    return 1;
}

/* What may stand in a tag (RFC 3501: ASTRING-CHAR but "+"). */
static int is_tag(const char *tag, size_t length)
{
    if (length == 0 || length > ANONID_IMAP_TAG_MAX)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (tag[i] <= ' ' || tag[i] >= 0x7f || strchr("(){%*\"\\+", tag[i]))
            return 0;
    }
    return 1;
}

static size_t word_length(const char *data, size_t length)
{
    size_t n = 0;

    while (n < length && data[n] != ' ')
        n++;
    return n;
}

/* Tag and name, out of the first line. */
static void read_words(const char *line, size_t length,
                       anonid_imap_command_t *command)
{
    size_t n = word_length(line, length), rest = n < length ? n + 1 : n;

    *command = (anonid_imap_command_t){ .tag = "*", .tag_length = 1 };
    command->name = line + rest;
    command->name_length = word_length(line + rest, length - rest);
    if (is_tag(line, n)) {
        command->tag = line;
        command->tag_length = n;
    }
    else {
        command->fault = ANONID_IMAP_FAULT_TAG;
    }
    rest += command->name_length;
    command->arguments = line + (rest < length ? rest + 1 : length);
}

int anonid_imap_command_is(const anonid_imap_command_t *command,
                           const char *name)
{
    return command->name_length == strlen(name)
           && strncasecmp(command->name, name, command->name_length) == 0;
}

static int may_ask(const anonid_imap_command_t *command,
                   const literal_t *literal)
{
    return literal->octets <= ANONID_IMAP_LITERAL_MAX
           && command->fault == ANONID_IMAP_FAULT_NONE
           && (anonid_imap_command_is(command, "LOGIN")
               || anonid_imap_command_is(command, "ID"));
}

static void note_octets(anonid_imap_command_t *command, const char *line,
                        size_t length)
{
    if (command->fault == ANONID_IMAP_FAULT_NONE
        && (memchr(line, '\0', length) || memchr(line, '\r', length)))
        command->fault = ANONID_IMAP_FAULT_OCTETS;
}

/* Ends the command behind a line. */
static anonid_parse_t end_at(anonid_imap_command_t *command, const char *data,
                             size_t content, size_t whole, size_t *consumed)
{
    const char *end = data + content;

    command->arguments_length =
        end > command->arguments ? (size_t)(end - command->arguments) : 0;
    *consumed = whole;
    return ANONID_PARSE_OK;
}

anonid_parse_t anonid_imap_command_parse(const char *data, size_t length,
                                         anonid_imap_command_t *command,
                                         size_t *consumed)
{
    literal_t literal;
    line_t line = { 0 };
    size_t at = 0;

    command->prompts = 0;
    while (at <= ANONID_IMAP_COMMAND_MAX) {
        anonid_parse_t state = find_line(data + at, length - at, &line);

        if (state != ANONID_PARSE_OK)
            return state;
        if (at == 0)
            read_words(data, line.content, command);
        note_octets(command, data + at, line.content);
        if (!read_literal(data + at, line.content, &literal))
            return end_at(command, data, at + line.content, at + line.whole,
                          consumed);
        if (literal.waits && !may_ask(command, &literal)) {
            if (command->fault == ANONID_IMAP_FAULT_NONE)
                command->fault = ANONID_IMAP_FAULT_LITERAL;
            return end_at(command, data, at + line.content, at + line.whole,
                          consumed);
        }
        if (literal.octets > ANONID_IMAP_LITERAL_MAX)
            return ANONID_PARSE_BAD;
        command->prompts += literal.waits;
        at += line.whole + literal.octets;
        if (at >= length)
            return at > ANONID_IMAP_COMMAND_MAX ? ANONID_PARSE_BAD
                                                : ANONID_PARSE_MORE;
    }
    return ANONID_PARSE_BAD;
}

/* ---- arguments ---- */

static int take_quoted(anonid_imap_cursor_t *c)
{
    for (c->next++; c->next < c->end; c->next++) {
        if (*c->next == '"') {
            c->next++;
            return 1;
        }
        if (*c->next == '\\' && ++c->next == c->end)
            return 0;
        if (*c->next == '\n')
            return 0;
    }
    return 0;
}

static int take_literal(anonid_imap_cursor_t *c)
{
    const char *lf = memchr(c->next, '\n', (size_t)(c->end - c->next));
    literal_t literal;
    size_t n;

    if (!lf)
        return 0;
    n = (size_t)(lf - c->next);
    if (n > 0 && lf[-1] == '\r')
        n--;
    if (!read_literal(c->next, n, &literal) || memchr(c->next + 1, '{', n - 1)
        || literal.octets > (size_t)(c->end - lf - 1))
        return 0;
    c->next = lf + 1 + literal.octets;
    return 1;
}

/* Servers take far more in an atom than RFC 3501 lets clients say. */
static int take_atom(anonid_imap_cursor_t *c)
{
    const char *begin = c->next;

    while (c->next < c->end && (unsigned char)*c->next > ' '
           && !strchr("(){\"", *c->next))
        c->next++;
    return c->next > begin;
}

static int take_astring(anonid_imap_cursor_t *c)
{
    if (c->next == c->end)
        return 0;
    if (*c->next == '"')
        return take_quoted(c);
    return *c->next == '{' ? take_literal(c) : take_atom(c);
}

int anonid_imap_take_string(anonid_imap_cursor_t *cursor, const char **text,
                            size_t *length)
{
    anonid_imap_cursor_t c = *cursor;
    int quoted = c.next < c.end && *c.next == '"';

    if (quoted ? !take_quoted(&c)
               : (c.next == c.end || *c.next != '{' || !take_literal(&c)))
        return 0;
    *text = cursor->next + 1;
    if (!quoted)
        *text =
            (const char *)memchr(*text, '\n', (size_t)(c.next - *text)) + 1;
    *length = (size_t)(c.next - *text) - (quoted ? 1 : 0);
    *cursor = c;
    return 1;
}

int anonid_imap_command_astrings(const anonid_imap_command_t *command)
{
    anonid_imap_cursor_t c = {
        command->arguments, command->arguments + command->arguments_length
    };
    int n = 0;

    while (c.next < c.end) {
        if (!take_astring(&c))
            return -1;
        n++;
        if (c.next == c.end)
            break;
        if (*c.next++ != ' ' || c.next == c.end)
            return -1;
    }
    return n;
}

void anonid_imap_command_word(const anonid_imap_command_t *command,
                              const char **word, size_t *length, int *others)
{
    *word = command->arguments;
    *length = word_length(command->arguments, command->arguments_length);
    *others = *length < command->arguments_length;
}
