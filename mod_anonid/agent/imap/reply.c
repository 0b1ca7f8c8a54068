/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of IMAP replies; see reply.h for the grammar. Allocates nothing
 * and never logs.
 */
#include "agent/imap/reply.h"
#include "agent/mail/capabilities.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Finds the CRLF of the line at data; refuses bare CR, bare LF and NUL.
 * *content: octets before it. */
static anonid_parse_t find_end(const char *data, size_t length,
                               size_t *content)
{
    const char *lf = memchr(data, '\n', length);
    size_t n = lf ? (size_t)(lf - data) : length;
    const char *cr = memchr(data, '\r', n);

    if (memchr(data, '\0', n))
        return ANONID_PARSE_BAD;
    if (!lf)
        return cr && cr != data + n - 1 ? ANONID_PARSE_BAD : ANONID_PARSE_MORE;
    if (!cr || cr != lf - 1)
        return ANONID_PARSE_BAD;
    *content = n - 1;
    return ANONID_PARSE_OK;
}

/* The first word of a line from data on. */
static size_t word_length(const char *data, size_t length)
{
    size_t n = 0;

    while (n < length && data[n] != ' ' && data[n] != '\r' && data[n] != '\n')
        n++;
    return n;
}

/* Conditions have text for people behind them, where "{5}" means nothing. */
static int is_status(const char *line, size_t length)
{
    static const char *const conditions[] = { "OK", "NO", "BAD", "BYE",
                                              "PREAUTH" };
    size_t n;

    if (length < 2 || line[0] != '*')
        return 1;
    n = word_length(line + 2, length - 2);
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (anonid_word_is(line + 2, n, conditions[i]))
            return 1;
    }
    return 0;
}

/* The octets of the literal that is announced at the end of a line: 1, or 0
 * if there is none. More than any reply may have counts as that. */
static int ends_in_literal(const char *line, size_t length, size_t *octets)
{
    size_t at = length;

    if (length < 3 || line[length - 1] != '}')
        return 0;
    for (at = length - 1; at > 0 && isdigit((unsigned char)line[at - 1]);)
        at--;
    if (at == length - 1 || at == 0 || line[at - 1] != '{')
        return 0;
    *octets = 0;
    for (; at < length - 1 && *octets <= ANONID_IMAP_REPLY_MAX; at++)
        *octets = *octets * 10 + (size_t)(line[at] - '0');
    return 1;
}

/* A line with its literals: *content octets before its last CRLF. */
static anonid_parse_t parse_line(const char *data, size_t length,
                                 size_t *content)
{
    size_t at = 0, n = 0, octets;
    anonid_parse_t state = find_end(data, length, &n);

    while (state == ANONID_PARSE_OK && !is_status(data, at + n)
           && ends_in_literal(data + at, n, &octets)) {
        if (octets > ANONID_IMAP_REPLY_MAX)
            return ANONID_PARSE_BAD;
        at += n + 2 + octets;
        if (at > length)
            return ANONID_PARSE_MORE;
        state = find_end(data + at, length - at, &n);
    }
    *content = at + n;
    return state;
}

/* The beginning of a line shows before its end whether this is the
 * protocol. */
static int is_plausible(const char *tag, const char *line, size_t length)
{
    const char *begin = line[0] == '*' || !tag ? "* " : tag;
    size_t n = strlen(begin);

    if (line[0] == '+' && tag)
        return length < 2 || line[1] == ' ' || line[1] == '\r';
    return strncmp(line, begin, length < n ? length : n) == 0;
}

static int is_condition(const char *text, size_t length)
{
    size_t n = word_length(text, length);

    return anonid_word_is(text, n, "OK") || anonid_word_is(text, n, "NO")
           || anonid_word_is(text, n, "BAD");
}

/* 1 if the reply ends with this line, 0 if it goes on, -1 if this is no line
 * of it. */
static int is_end(const char *tag, const char *line, size_t length)
{
    size_t n;

    if (line[0] == '+')
        return 1;
    if (line[0] == '*')
        return !tag
               || anonid_word_is(line + 2, word_length(line + 2, length - 2),
                                 "BYE");
    n = strlen(tag);
    if (length <= n || line[n] != ' ')
        return -1;
    return is_condition(line + n + 1, length - n - 1) ? 1 : -1;
}

anonid_parse_t anonid_imap_reply_parse(const char *tag, const char *data,
                                       size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed)
{
    size_t at = 0, content = 0;
    int end = 0;

    while (at < length && at < ANONID_IMAP_REPLY_MAX) {
        const char *line = data + at;
        anonid_parse_t state = ANONID_PARSE_BAD;

        if (is_plausible(tag, line, length - at))
            state = parse_line(line, length - at, &content);
        if (state == ANONID_PARSE_MORE && length >= ANONID_IMAP_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (state != ANONID_PARSE_OK)
            return state;
        end = is_end(tag, line, content);
        at += content + 2;
        if (end < 0 || at > ANONID_IMAP_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (end) {
            *reply = (anonid_mail_reply_t){ 0, data, at };
            *consumed = at;
            return ANONID_PARSE_OK;
        }
    }
    return at < ANONID_IMAP_REPLY_MAX ? ANONID_PARSE_MORE : ANONID_PARSE_BAD;
}

int anonid_imap_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **line, size_t *length)
{
    if (*offset >= reply->length)
        return 0;
    *line = reply->data + *offset;
    if (parse_line(*line, reply->length - *offset, length) != ANONID_PARSE_OK)
        return 0;
    *offset += *length + 2;
    return 1;
}

void anonid_imap_reply_end(const anonid_mail_reply_t *reply, const char **text,
                           size_t *length)
{
    const char *line = "";
    size_t offset = 0, n = 0, word;

    while (anonid_imap_reply_line(reply, &offset, &line, &n))
        continue;
    word = n > 0 && line[0] == '+' ? 0 : word_length(line, n);
    if (word > 0 && word < n)
        word++;
    *text = line + word;
    *length = n - word;
}

int anonid_imap_has_code(const char *text, size_t length, const char *code)
{
    size_t n = strlen(code), at = word_length(text, length) + 1;

    if (length < at + n + 2 || text[at] != '['
        || strncasecmp(text + at + 1, code, n) != 0)
        return 0;
    return text[at + 1 + n] == ']' || text[at + 1 + n] == ' ';
}
