/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded words; see word.h.
 *
 *   encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
 */
#include "module/text/word.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <gmime/gmime.h>
#include <string.h>

#define LINE_MAX_OCTETS 76 /* a line that has an encoded word, section 2 */
#define LINE_SOFT 78       /* RFC 5322 section 2.1.1 */
#define LINE_HARD 900      /* well below 998 */
#define PREFIX "=?UTF-8?B?"
#define SUFFIX "?="
#define OVERHEAD (sizeof(PREFIX SUFFIX) - 1)

/* Octets of UTF-8 that fit, as base64, into so many columns; at least one
 * character's. */
static size_t word_octets(const char *text, size_t columns)
{
    size_t fits = columns > OVERHEAD ? (columns - OVERHEAD) / 4 * 3 : 0;
    size_t octets = strlen(text);

    if (octets <= fits)
        return octets;
    while (fits > 0 && ((unsigned char)text[fits] & 0xc0) == 0x80)
        fits--;
    return fits;
}

static const char *encode(apr_pool_t *pool, const char *text, int column)
{
    const char *line = "";
    size_t used = (size_t)column;

    while (*text) {
        size_t columns = LINE_MAX_OCTETS > used ? LINE_MAX_OCTETS - used : 0;
        size_t octets = word_octets(text, columns);
        gchar *word;

        if (octets > 0) {
            word = g_base64_encode((const guchar *)text, octets);
            line = apr_pstrcat(pool, line, PREFIX, word, SUFFIX, NULL);
            g_free(word);
            text += octets;
        }
        if (*text)
            line = apr_pstrcat(pool, line, "\r\n ", NULL);
        used = 1;
    }
    return line;
}

/* Octets up to the next space. */
static size_t word_length(const char *text)
{
    return strcspn(text, " ");
}

const char *anonid_word_fold(apr_pool_t *pool, const char *text, int column)
{
    size_t length = strlen(text), used = (size_t)column;
    char *folded = apr_palloc(pool, length * 3 + 1), *out = folded;

    if (word_length(text) > LINE_HARD)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        size_t word = text[i] == ' ' ? word_length(text + i + 1) : 0;

        if (word > LINE_HARD)
            return NULL;
        /* Never a line of nothing but space. */
        if (word > 0 && text[i + 1] != '\t' && used + word + 1 > LINE_SOFT) {
            *out++ = '\r';
            *out++ = '\n';
            used = 0;
        }
        *out++ = text[i];
        used++;
    }
    *out = '\0';
    return folded;
}

/* 1 if the text means itself in a header: printable ASCII that does not look
 * like an encoded word, with single spaces inside only. */
static int is_plain(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c >= 0x7f || (unsigned char)*c < ' ')
            return 0;
        if (*c == ' ' && (c == text || c[1] == ' ' || c[1] == '\0'))
            return 0;
    }
    return strstr(text, "=?") == NULL;
}

const char *anonid_word_text(apr_pool_t *pool, const char *text, int column)
{
    const char *folded =
        is_plain(text) ? anonid_word_fold(pool, text, column) : NULL;

    return folded ? folded : encode(pool, text, column);
}

const char *anonid_word_phrase(apr_pool_t *pool, const char *text, int column)
{
    if (!is_plain(text) || strpbrk(text, "\"\\"))
        return encode(pool, text, column);
    return apr_pstrcat(pool, "\"", text, "\"", NULL);
}

/* "=0D", "=0A" or "=00" in the text of a Q word. */
static int q_hides(const char *text, size_t length)
{
    for (size_t i = 0; i + 3 <= length; i++)
        if (text[i] == '=' && text[i + 1] == '0'
            && strchr("0aAdD", text[i + 2]))
            return 1;
    return 0;
}

static int b_hides(const char *text, size_t length)
{
    gchar *copy = g_strndup(text, length);
    gsize octets = 0;
    guchar *decoded = g_base64_decode(copy, &octets);
    int hides = memchr(decoded, '\r', octets) || memchr(decoded, '\n', octets)
                || memchr(decoded, '\0', octets);

    g_free(decoded);
    g_free(copy);
    return hides;
}

/* One word from behind its "=?"; unfinished ones count as well, because some
 * readers decode them. */
static int word_hides(const char *charset)
{
    const char *encoding = strchr(charset, '?');
    const char *text = encoding ? strchr(encoding + 1, '?') : NULL;
    size_t length;

    if (!text)
        return 0;
    text++;
    length = strcspn(text, "?");
    if (apr_tolower((unsigned char)encoding[1]) == 'q')
        return q_hides(text, length);
    if (apr_tolower((unsigned char)encoding[1]) == 'b')
        return length > 0 && b_hides(text, length);
    return 0;
}

int anonid_word_hides_line_end(const char *text)
{
    const char *word = strstr(text, "=?");
    char *decoded;
    int hides = 0;

    if (!word)
        return 0;
    for (; word && !hides; word = strstr(word + 2, "=?"))
        hides = word_hides(word + 2);
    decoded = g_mime_utils_header_decode_text(NULL, text);
    hides = hides || strpbrk(decoded, "\r\n") != NULL;
    g_free(decoded);
    return hides;
}
