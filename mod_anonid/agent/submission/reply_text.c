/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes mail addresses out of replies; see reply_text.h.
 */
#include "agent/submission/reply_text.h"

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
