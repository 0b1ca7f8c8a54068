/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for secrets in texts; see shown.h.
 */
#include "agent/secret/shown.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 8

/* A secret of many octets is looked for in pieces: a server may cut it, or
 * break it into lines. */
static int is_in(const anonid_secret_t *secret, const char *octets,
                 size_t length)
{
    const char *data = anonid_secret_data(secret);
    size_t total = anonid_secret_length(secret);
    size_t size = total < WINDOW ? total : WINDOW;

    for (size_t at = 0; at + size <= total; at++) {
        if (memmem(octets, length, data + at, size))
            return 1;
    }
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Each decoder writes no more than it reads, and returns how much. */
static size_t decode_form(const char *text, size_t length, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        int is_code = text[i] == '%' && i + 2 < length
                      && hex_digit(text[i + 1]) >= 0
                      && hex_digit(text[i + 2]) >= 0;

        out[n++] =
            is_code
                ? (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]))
                : text[i];
        i += is_code ? 2 : 0;
    }
    return n;
}

/* Of base64 and base64url; -1: of neither. */
static int value_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at;

    if (c == '-' || c == '_')
        c = c == '-' ? '+' : '/';
    at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static size_t decode_base64(const char *text, size_t length, char *out)
{
    unsigned bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 6 | (unsigned)value_of(text[i]);
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    return n;
}

/* Nobody says where in a run of base64 an octet begins. */
static int is_in_run(const anonid_secret_t *secret, const char *run,
                     size_t length, char *room)
{
    for (size_t skip = 0; skip < 4 && skip < length; skip++) {
        size_t n = decode_base64(run + skip, length - skip, room);

        if (is_in(secret, room, n))
            return 1;
    }
    return 0;
}

static int is_in_base64(const anonid_secret_t *secret, const char *text,
                        char *room)
{
    while (*text) {
        size_t length = 0;

        while (value_of(text[length]) >= 0)
            length++;
        if (is_in_run(secret, text, length, room))
            return 1;
        text += length + (text[length] != '\0');
    }
    return 0;
}

int anonid_secret_is_shown(const anonid_secret_t *secret, const char *text)
{
    size_t length = strlen(text);
    char *room = secret ? malloc(length + 1) : NULL;
    int found;

    if (!secret)
        return 0;
    if (!room)
        return 1; /* who cannot look does not repeat it */
    found = is_in(secret, text, length)
            || is_in(secret, room, decode_form(text, length, room))
            || is_in_base64(secret, text, room);
    explicit_bzero(room, length + 1);
    free(room);
    return found;
}
