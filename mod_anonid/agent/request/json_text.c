/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON; see json_text.h.
 */
#include "agent/request/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void add(anonid_json_text_t *json, const char *octets, size_t length)
{
    size_t need = json->length + length + 1;
    size_t capacity = json->capacity ? json->capacity : 1024;
    char *text;

    if (json->failed)
        return;
    while (capacity < need)
        capacity *= 2;
    if (capacity > json->capacity) {
        text = realloc(json->text, capacity);
        if (!text) {
            json->failed = 1;
            return;
        }
        json->text = text;
        json->capacity = capacity;
    }
    memcpy(json->text + json->length, octets, length);
    json->length += length;
    json->text[json->length] = '\0';
}

static void add_text(anonid_json_text_t *json, const char *text)
{
    add(json, text, strlen(text));
}

/* Octets of the UTF-8 sequence at s (RFC 3629 section 4), 0 if it is none. */
static size_t sequence(const unsigned char *s)
{
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
               : s[0] >= 0xe0 && s[0] <= 0xef ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
        || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

static void add_escaped(anonid_json_text_t *json, unsigned char c)
{
    char escape[8];

    if (c == '"' || c == '\\')
        snprintf(escape, sizeof(escape), "\\%c", c);
    else
        snprintf(escape, sizeof(escape), "\\u%04x", c);
    add_text(json, escape);
}

static void add_quoted(anonid_json_text_t *json, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;

    add_text(json, "\"");
    while (*s) {
        size_t n = sequence(s);

        if (n == 0)
            add_text(json, REPLACEMENT);
        else if (*s < 0x20 || *s == 0x7f || *s == '"' || *s == '\\')
            add_escaped(json, *s);
        else
            add(json, (const char *)s, n);
        s += n ? n : 1;
    }
    add_text(json, "\"");
}

/* The comma, and the name if there is one. */
static void begin(anonid_json_text_t *json, const char *name)
{
    if (json->comma)
        add_text(json, ",");
    json->comma = 1;
    if (!name)
        return;
    add_quoted(json, name);
    add_text(json, ":");
}

void anonid_json_open(anonid_json_text_t *json, const char *name, char bracket)
{
    begin(json, name);
    add(json, &bracket, 1);
    json->comma = 0;
}

void anonid_json_close(anonid_json_text_t *json, char bracket)
{
    add(json, &bracket, 1);
    json->comma = 1;
}

void anonid_json_string(anonid_json_text_t *json, const char *name,
                        const char *value)
{
    if (!value) {
        anonid_json_null(json, name);
        return;
    }
    begin(json, name);
    add_quoted(json, value);
}

void anonid_json_number(anonid_json_text_t *json, const char *name,
                        long long value)
{
    char digits[32];

    begin(json, name);
    snprintf(digits, sizeof(digits), "%lld", value);
    add_text(json, digits);
}

void anonid_json_bool(anonid_json_text_t *json, const char *name, int value)
{
    begin(json, name);
    add_text(json, value ? "true" : "false");
}

void anonid_json_null(anonid_json_text_t *json, const char *name)
{
    begin(json, name);
    add_text(json, "null");
}

void anonid_json_free(anonid_json_text_t *json)
{
    free(json->text);
    memset(json, 0, sizeof(*json));
}
