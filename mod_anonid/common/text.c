/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8, and what may be shown; see text.h.
 */
#include "common/text.h"

#include <string.h>

/* RFC 3629 section 4: what may follow a first octet. */
typedef struct {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    unsigned char octets; /* of the whole sequence */
    unsigned char bits;   /* of the first octet that are the character's */
} row_t;

static const row_t rows[] = {
    { 0x00, 0x7f, 0, 0, 1, 0x7f },       { 0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f },
    { 0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f }, { 0xe1, 0xec, 0x80, 0xbf, 3, 0x0f },
    { 0xed, 0xed, 0x80, 0x9f, 3, 0x0f }, { 0xee, 0xef, 0x80, 0xbf, 3, 0x0f },
    { 0xf0, 0xf0, 0x90, 0xbf, 4, 0x07 }, { 0xf1, 0xf3, 0x80, 0xbf, 4, 0x07 },
    { 0xf4, 0xf4, 0x80, 0x8f, 4, 0x07 },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What is not plain text, in ascending order. */
static const struct {
    unsigned long first, last;
    anonid_text_kind_t kind;
} ranges[] = {
    { 0x0000, 0x001f, ANONID_TEXT_CONTROL },
    { 0x007f, 0x009f, ANONID_TEXT_CONTROL },
    { 0x061c, 0x061c, ANONID_TEXT_DIRECTION },
    { 0x200e, 0x200f, ANONID_TEXT_DIRECTION },
    { 0x2028, 0x2029, ANONID_TEXT_CONTROL },
    { 0x202a, 0x202e, ANONID_TEXT_DIRECTION },
    { 0x2066, 0x2069, ANONID_TEXT_DIRECTION },
};

#define N_RANGES (sizeof(ranges) / sizeof(ranges[0]))

static const row_t *find_row(unsigned char first)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (first >= rows[i].first_low && first <= rows[i].first_high)
            return &rows[i];
    return NULL;
}

/* Octets of the sequence at p, and its character; 0 if it is none. */
static size_t decode(const unsigned char *p, size_t left,
                     unsigned long *character)
{
    const row_t *row = find_row(p[0]);

    if (!row || left < row->octets)
        return 0;
    if (row->octets > 1 && (p[1] < row->second_low || p[1] > row->second_high))
        return 0;
    *character = p[0] & row->bits;
    for (size_t i = 1; i < row->octets; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (p[i] & 0x3f);
    }
    return row->octets;
}

anonid_text_kind_t anonid_text_next(const char *text, size_t left,
                                    size_t *octets)
{
    unsigned long character = 0;

    *octets = decode((const unsigned char *)text, left, &character);
    if (*octets == 0) {
        *octets = 1;
        return ANONID_TEXT_BROKEN;
    }
    for (size_t i = 0; i < N_RANGES && ranges[i].first <= character; i++)
        if (character <= ranges[i].last)
            return ranges[i].kind;
    return ANONID_TEXT_PLAIN;
}

int anonid_text_is_utf8(const char *text, size_t length)
{
    size_t octets;

    for (size_t at = 0; at < length; at += octets)
        if (anonid_text_next(text + at, length - at, &octets)
            == ANONID_TEXT_BROKEN)
            return 0;
    return 1;
}

int anonid_text_is_plain(const char *text)
{
    size_t length = strlen(text), octets;

    for (size_t at = 0; at < length; at += octets)
        if (anonid_text_next(text + at, length - at, &octets)
            != ANONID_TEXT_PLAIN)
            return 0;
    return 1;
}

size_t anonid_text_show(char *out, size_t size, const char *text,
                        size_t length)
{
    /* NUL: the character goes without a replacement. */
    static const char replacements[] = { [ANONID_TEXT_PLAIN] = '\0',
                                         [ANONID_TEXT_CONTROL] = ' ',
                                         [ANONID_TEXT_DIRECTION] = '\0',
                                         [ANONID_TEXT_BROKEN] = '?' };
    size_t used = 0, octets;

    for (size_t at = 0; at < length; at += octets) {
        anonid_text_kind_t kind =
            anonid_text_next(text + at, length - at, &octets);
        size_t takes =
            kind == ANONID_TEXT_PLAIN ? octets : replacements[kind] != '\0';

        if (used + takes >= size)
            break;
        if (kind == ANONID_TEXT_PLAIN)
            memmove(out + used, text + at, octets);
        else if (takes)
            out[used] = replacements[kind];
        used += takes;
    }
    out[used] = '\0';
    return used;
}

void anonid_text_clean(char *text)
{
    size_t length = strlen(text);

    anonid_text_show(text, length + 1, text, length);
}
