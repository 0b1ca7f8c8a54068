/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept field; see accept.h.
 *
 *   Accept      = [ media-range [ weight ] *( "," media-range [ weight ] ) ]
 *   weight      = ";" "q=" ( "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ] )
 */
#include "module/text/accept.h"

#include <apr_lib.h>
#include <string.h>
#include <strings.h>

/* How much a type is wanted: thousandths, and how exactly it was named (0 not
 * at all, 1 by a wildcard for everything, 2 for its kind, 3 itself). */
typedef struct {
    int quality;
    int exact;
} wanted_t;

/* Thousandths; a malformed weight is 0. */
static int parse_quality(const char *text, const char *end)
{
    int quality = 0, unit = 100;

    if (text == end || (*text != '0' && *text != '1'))
        return 0;
    quality = (*text++ - '0') * 1000;
    if (text < end && *text == '.')
        for (text++; text < end && apr_isdigit(*text) && unit > 0; text++) {
            quality += (*text - '0') * unit;
            unit /= 10;
        }
    return quality > 1000 ? 1000 : quality;
}

int anonid_accept_quality(const char *text, const char *end)
{
    while (text < end) {
        while (text < end && strchr("; \t", *text))
            text++;
        if (end - text >= 2 && strncasecmp(text, "q=", 2) == 0)
            return parse_quality(text + 2, end);
        while (text < end && *text != ';')
            text++;
    }
    return 1000;
}

static int exactness(const char *range, size_t length, const char *type)
{
    size_t kind = strcspn(type, "/") + 1;

    if (length == strlen(type) && strncasecmp(range, type, length) == 0)
        return 3;
    if (length == kind + 1 && strncasecmp(range, type, kind) == 0
        && range[kind] == '*')
        return 2;
    return length == 3 && memcmp(range, "*/*", 3) == 0;
}

/* The most exact range that matches a type decides. */
static wanted_t find_wanted(const char *accept, const char *type)
{
    wanted_t wanted = { 0, 0 };

    while (*accept) {
        const char *end = accept + strcspn(accept, ",");
        size_t length;
        int exact;

        accept += strspn(accept, " \t");
        length = strcspn(accept, ",; \t");
        exact = exactness(accept, length, type);
        if (exact > wanted.exact) {
            wanted.exact = exact;
            wanted.quality = anonid_accept_quality(accept + length, end);
        }
        accept = *end ? end + 1 : end;
    }
    return wanted;
}

static int is_more(wanted_t a, wanted_t b)
{
    return a.quality > b.quality
           || (a.quality == b.quality && a.exact > b.exact);
}

int anonid_accept_asks_json(const char *accept)
{
    wanted_t json;

    if (!accept)
        return 0;
    json = find_wanted(accept, "application/json");
    return json.exact == 3 && json.quality > 0
           && !is_more(find_wanted(accept, "text/html"), json);
}

int anonid_accept_prefers_html(const char *accept)
{
    wanted_t html, json, problem;

    if (!accept)
        return 0;
    html = find_wanted(accept, "text/html");
    json = find_wanted(accept, "application/json");
    problem = find_wanted(accept, "application/problem+json");
    return html.quality > 0 && is_more(html, json) && is_more(html, problem);
}

size_t anonid_accept_best(const char *accept, const char *const types[],
                          size_t n)
{
    wanted_t most = { 0, 0 };
    size_t best = 0;

    for (size_t i = 0; accept && i < n; i++) {
        wanted_t wanted = find_wanted(accept, types[i]);

        if (wanted.quality == 0 || !is_more(wanted, most))
            continue;
        most = wanted;
        best = i;
    }
    return best;
}
