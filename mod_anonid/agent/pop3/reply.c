/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of POP3 replies; see reply.h for the grammar. Allocates nothing
 * and never logs.
 */
#include "agent/pop3/reply.h"
#include "agent/mail/capabilities.h"

#include <string.h>
#include <strings.h>

/* Finds the CRLF of the line at data; *content: octets before it. */
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

/* 1 if data may be, or become, a line with that status. */
static int begins_with(const char *data, size_t length, const char *status)
{
    size_t n = strlen(status);

    if (length <= n)
        return strncasecmp(data, status, length) == 0;
    return strncasecmp(data, status, n) == 0
           && (data[n] == ' ' || data[n] == '\r');
}

static int is_plausible(const char *data, size_t length)
{
    return begins_with(data, length, "+OK")
           || begins_with(data, length, "-ERR")
           || begins_with(data, length, "+");
}

static int is_ok(const char *line, size_t content)
{
    return content >= 3 && strncasecmp(line, "+OK", 3) == 0;
}

anonid_parse_t anonid_pop3_reply_parse(int multi, const char *data,
                                       size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed)
{
    size_t at = 0, content = 0;

    if (length > 0 && !is_plausible(data, length))
        return ANONID_PARSE_BAD;
    while (at < length && at < ANONID_POP3_REPLY_MAX) {
        const char *line = data + at;
        anonid_parse_t state = find_end(line, length - at, &content);

        if (state == ANONID_PARSE_MORE && length >= ANONID_POP3_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (state != ANONID_PARSE_OK)
            return state;
        if (at == 0)
            multi = multi && is_ok(line, content);
        at += content + 2;
        if (at > ANONID_POP3_REPLY_MAX)
            return ANONID_PARSE_BAD;
        if (!multi || (content == 1 && line[0] == '.')) {
            *reply = (anonid_mail_reply_t){ 0, data, at };
            *consumed = at;
            return ANONID_PARSE_OK;
        }
    }
    return at < ANONID_POP3_REPLY_MAX ? ANONID_PARSE_MORE : ANONID_PARSE_BAD;
}

int anonid_pop3_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **line, size_t *length)
{
    if (*offset >= reply->length)
        return 0;
    *line = reply->data + *offset;
    if (find_end(*line, reply->length - *offset, length) != ANONID_PARSE_OK)
        return 0;
    *offset += *length + 2;
    return *length != 1 || (*line)[0] != '.';
}

int anonid_pop3_has_code(const char *line, size_t length, const char *code)
{
    const char *end = line + length, *p = memchr(line, ' ', length);
    size_t n = strlen(code);

    if (!p || (size_t)(end - p) < n + 3 || p[1] != '['
        || strncasecmp(p + 2, code, n) != 0)
        return 0;
    return p[2 + n] == ']' || p[2 + n] == '/';
}

void anonid_pop3_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps)
{
    const char *line, *word;
    size_t offset = 0, length;

    memset(caps, 0, sizeof(*caps));
    if (!anonid_pop3_reply_line(reply, &offset, &line, &length))
        return;
    while (anonid_pop3_reply_line(reply, &offset, &line, &length)) {
        anonid_words_t words = { line, line + length };

        if (!anonid_words_next(&words, &word, &length))
            continue;
        if (anonid_word_is(word, length, "STLS"))
            caps->flags |= ANONID_CAP_STARTTLS;
        if (!anonid_word_is(word, length, "SASL"))
            continue;
        while (anonid_words_next(&words, &word, &length))
            anonid_capabilities_add_mechanism(caps, word, length);
    }
}
