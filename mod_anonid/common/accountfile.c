/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account file's format; see accountfile.h.
 */
#include "common/accountfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the default account is called, before the machine's name. */
#define DEFAULT_PREFIX "IUSR_"

#define FORMER_MAX 64

/* The octets up to a mark, or all of them. */
static size_t until(const char *text, size_t length, char mark)
{
    const char *end = memchr(text, mark, length);

    return end ? (size_t)(end - text) : length;
}

/* 1 if the line is that user's. A comment is nobody's. */
static int line_is_of(const char *line, size_t length, const char *user,
                      size_t user_length)
{
    return length > user_length && line[0] != '#' && line[user_length] == ':'
           && memcmp(line, user, user_length) == 0;
}

anonid_accountfile_t anonid_accountfile_find(const char *text, size_t length,
                                             const char *user,
                                             anonid_verifier_span_t *span)
{
    size_t user_length = strlen(user), at = 0;
    int found = 0;

    if (user_length == 0 || strpbrk(user, ":\r\n"))
        return ANONID_ACCOUNTFILE_MISSING;
    if (length > 0 && memchr(text, '\0', length))
        return ANONID_ACCOUNTFILE_BAD;
    while (at < length) {
        size_t line = until(text + at, length - at, '\n');
        size_t next = at + line + 1;

        if (line > 0 && text[at + line - 1] == '\r')
            line--;
        if (line_is_of(text + at, line, user, user_length)) {
            if (found++)
                return ANONID_ACCOUNTFILE_TWICE;
            span->offset = at + user_length + 1;
            span->length =
                until(text + span->offset, line - user_length - 1, ':');
        }
        at = next;
    }
    if (!found)
        return ANONID_ACCOUNTFILE_MISSING;
    return span->length > ANONID_VERIFIER_MAX ? ANONID_ACCOUNTFILE_BAD
                                              : ANONID_ACCOUNTFILE_OK;
}

int anonid_accountfile_next(const char *text, size_t length, size_t *at,
                            const char **user, size_t *user_length)
{
    while (*at < length) {
        size_t line = until(text + *at, length - *at, '\n');

        *user = text + *at;
        *user_length = until(*user, line, ':');
        *at += line + 1;
        if (*user_length > 0 && *user_length < line && **user != '#')
            return 1;
    }
    return 0;
}

int anonid_accountfile_former(const char *text, size_t length,
                              const char *user, const char **former,
                              size_t *former_length)
{
    const size_t prefix = strlen(DEFAULT_PREFIX);
    size_t at = 0;

    if (strncasecmp(user, DEFAULT_PREFIX, prefix) != 0)
        return 0;
    while (anonid_accountfile_next(text, length, &at, former, former_length)) {
        if (*former_length < prefix
            || strncasecmp(*former, DEFAULT_PREFIX, prefix) != 0)
            continue;
        if (*former_length > FORMER_MAX)
            *former_length = FORMER_MAX;
        return 1;
    }
    return 0;
}

char *anonid_accountfile_replace(const char *text, size_t length,
                                 const anonid_verifier_span_t *span,
                                 const char *verifier, size_t *out_length)
{
    size_t n = strlen(verifier);
    size_t tail = span->offset + span->length;
    char *out = malloc(length - span->length + n + 1);

    if (!out)
        return NULL;
    memcpy(out, text, span->offset);
    memcpy(out + span->offset, verifier, n);
    memcpy(out + span->offset + n, text + tail, length - tail);
    *out_length = length - span->length + n;
    out[*out_length] = '\0';
    return out;
}

int anonid_verifier_wellformed(const char *verifier)
{
    size_t n = strlen(verifier);

    if (n == 0 || n > ANONID_VERIFIER_MAX)
        return 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)verifier[i];

        if (c <= 0x20 || c >= 0x7f || c == ':')
            return 0;
    }
    return 1;
}
