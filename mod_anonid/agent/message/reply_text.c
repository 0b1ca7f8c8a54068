/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes mail addresses out of replies; see reply_text.h.
 */
#include "agent/message/reply_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
    char *out;
    size_t used;
    size_t size;
} sink_t;

static void put(sink_t *sink, const char *text, size_t length)
{
    size_t room = sink->size - 1 - sink->used;

    if (length > room)
        length = room;
    memcpy(sink->out + sink->used, text, length);
    sink->used += length;
    sink->out[sink->used] = '\0';
}

/* What can neither be in an unquoted address nor in a local part. */
static int is_boundary(char c)
{
    return c == '\0' || strchr(" \t<>()[],;:\"'\\", c) != NULL;
}

/* Octets of the address at p, without regard to case; 0 if it is not there. */
static size_t match(const char *p, const char *word, size_t length)
{
    return length > 0 && strncasecmp(p, word, length) == 0 ? length : 0;
}

/* The token that begins at p ends before a boundary; a full stop at its end
 * belongs to the sentence. */
static size_t token_length(const char *p)
{
    size_t n = 0;

    while (!is_boundary(p[n]))
        n++;
    while (n > 0 && p[n - 1] == '.')
        n--;
    return n;
}

void anonid_reply_redact(const char *text, const char *address,
                         const char *alias, char *out, size_t size)
{
    sink_t sink = { out, 0, size };
    size_t whole = address ? strlen(address) : 0;
    const char *at = address ? strrchr(address, '@') : NULL;
    size_t local = at ? (size_t)(at - address) : 0;

    out[0] = '\0';
    while (*text) {
        size_t n = match(text, address, whole);
        size_t token = token_length(text);

        if (n > 0) {
            put(&sink, alias, strlen(alias));
            text += n;
            continue;
        }
        if (token == 0) {
            put(&sink, text++, 1);
            continue;
        }
        if (memchr(text, '@', token))
            put(&sink, "[address]", 9);
        else if (token == local && match(text, address, local))
            put(&sink, alias, strlen(alias));
        else
            put(&sink, text, token);
        text += token;
    }
}

static int is_word_octet(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '_'
           || c == '-';
}

int anonid_reply_names(const char *text, const char *name)
{
    size_t length = name ? strlen(name) : 0;
    const char *found = length > 0 ? strcasestr(text, name) : NULL;

    for (; found; found = strcasestr(found + 1, name))
        if ((found == text || !is_word_octet(found[-1]))
            && !is_word_octet(found[length]))
            return 1;
    return 0;
}

void anonid_reply_withhold(const char *text, char *out, size_t size)
{
    size_t code = strspn(text, "0123456789");
    size_t status =
        text[code] == ' ' ? strspn(text + code + 1, "0123456789.") : 0;

    snprintf(out, size, "%.*s refused by the mail server",
             (int)(status > 0 ? code + 1 + status : code), text);
}
