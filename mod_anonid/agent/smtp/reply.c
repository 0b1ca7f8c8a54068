/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of SMTP replies; see reply.h for the grammar. Allocates
 * nothing and never logs.
 */
#include "agent/smtp/reply.h"
#include "common/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    int code;
    int last;
    size_t length; /* with its CRLF */
} reply_line_t;

/* The three digits, as far as they are there. */
static anonid_parse_t parse_code(const char *data, size_t length, int *code)
{
    static const char most[] = "559", least[] = "200";

    for (size_t i = 0; i < 3; i++) {
        if (i == length)
            return ANONID_PARSE_MORE;
        if (data[i] < least[i] || data[i] > most[i])
            return ANONID_PARSE_BAD;
    }
    *code = (data[0] - '0') * 100 + (data[1] - '0') * 10 + (data[2] - '0');
    return ANONID_PARSE_OK;
}

/* The end of a line: finds CRLF, refuses bare CR, bare LF and NUL. */
static anonid_parse_t find_end(const char *data, size_t length, size_t *end)
{
    size_t limit =
        length < ANONID_SMTP_LINE_MAX ? length : ANONID_SMTP_LINE_MAX;
    const char *lf = memchr(data, '\n', limit);
    size_t content = lf ? (size_t)(lf - data) : limit;
    const char *cr = memchr(data, '\r', content);

    if (memchr(data, '\0', content))
        return ANONID_PARSE_BAD;
    if (lf) {
        *end = content + 1;
        return cr && cr == lf - 1 ? ANONID_PARSE_OK : ANONID_PARSE_BAD;
    }
    if (cr && cr != data + content - 1)
        return ANONID_PARSE_BAD;
    return length < ANONID_SMTP_LINE_MAX ? ANONID_PARSE_MORE
                                         : ANONID_PARSE_BAD;
}

static anonid_parse_t parse_line(const char *data, size_t length,
                                 reply_line_t *line)
{
    anonid_parse_t state = parse_code(data, length, &line->code);

    if (state != ANONID_PARSE_OK)
        return state;
    if (length == 3)
        return ANONID_PARSE_MORE;
    if (!strchr(" -\r", data[3]) || data[3] == '\0')
        return ANONID_PARSE_BAD;
    line->last = data[3] != '-';
    return find_end(data, length, &line->length);
}

anonid_parse_t anonid_smtp_reply_parse(const char *data, size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed)
{
    size_t at = 0;
    int code = 0;

    for (int lines = 0; lines < ANONID_SMTP_LINES_MAX; lines++) {
        reply_line_t line = { 0 };
        anonid_parse_t state = parse_line(data + at, length - at, &line);

        if (state == ANONID_PARSE_MORE && length >= ANONID_SMTP_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (state != ANONID_PARSE_OK)
            return state;
        if (lines > 0 && line.code != code)
            return ANONID_PARSE_BAD;
        code = line.code;
        at += line.length;
        if (at > ANONID_SMTP_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (line.last) {
            *reply = (anonid_mail_reply_t){ code, data, at };
            *consumed = at;
            return ANONID_PARSE_OK;
        }
    }
    return ANONID_PARSE_BAD;
}

int anonid_smtp_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **text, size_t *length)
{
    const char *line = reply->data + *offset, *lf;

    if (*offset >= reply->length)
        return 0;
    lf = memchr(line, '\n', reply->length - *offset);
    if (!lf)
        return 0;
    *offset += (size_t)(lf - line) + 1;
    *text = line + 3;
    *length = (size_t)(lf - line) - 1 - 3;
    if (*length > 0) { /* the blank or the hyphen */
        (*text)++;
        (*length)--;
    }
    return 1;
}

/* One number of an enhanced code, at most three digits. */
static int read_number(const char **p, const char *end, int *value)
{
    const char *begin = *p;

    *value = 0;
    while (*p < end && isdigit((unsigned char)**p) && *p - begin < 3)
        *value = *value * 10 + (*(*p)++ - '0');
    return *p > begin;
}

int anonid_smtp_reply_enhanced(const anonid_mail_reply_t *reply, int status[3])
{
    const char *p, *end;
    size_t offset = 0, length;

    if (!anonid_smtp_reply_line(reply, &offset, &p, &length))
        return 0;
    end = p + length;
    for (int i = 0; i < 3; i++) {
        if (i > 0 && (p == end || *p++ != '.'))
            return 0;
        if (!read_number(&p, end, &status[i]))
            return 0;
    }
    return (p == end || *p == ' ') && status[0] == reply->code / 100;
}

void anonid_smtp_reply_text(const anonid_mail_reply_t *reply, char *out,
                            size_t size)
{
    const char *text;
    size_t offset = 0, length, used;
    int n = snprintf(out, size, "%03d", reply->code);

    used = n < 0 || (size_t)n >= size ? size - 1 : (size_t)n;
    while (anonid_smtp_reply_line(reply, &offset, &text, &length)) {
        if (length > 0 && used + 1 < size) {
            out[used++] = ' ';
            used += anonid_text_show(out + used, size - used, text, length);
        }
    }
    out[used] = '\0';
}
