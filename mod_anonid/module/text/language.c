/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept-Language field; see language.h.
 *
 *   Accept-Language = [ language-range [ weight ]
 *                       *( "," language-range [ weight ] ) ]
 *   language-range  = 1*8ALPHA *( "-" 1*8alphanum ) / "*"
 */
#include "module/text/language.h"
#include "module/text/accept.h"

#include <string.h>
#include <strings.h>

/* One element of the list. */
typedef struct {
    const char *range;
    size_t length;
    int quality; /* thousandths */
} element_t;

/* Cuts the next element off; 0 at the end. */
static int next_element(const char **accept, element_t *element)
{
    const char *text = *accept + strspn(*accept, ", \t");
    const char *end = text + strcspn(text, ",");

    if (*text == '\0')
        return 0;
    element->range = text;
    element->length = strcspn(text, ",; \t");
    element->quality = anonid_accept_quality(text + element->length, end);
    *accept = end;
    return 1;
}

/* 1 if prefix, of that length, is all of text or ends before a '-' of it. */
static int is_prefix(const char *prefix, size_t length, const char *text,
                     size_t text_length)
{
    return length <= text_length && strncasecmp(prefix, text, length) == 0
           && (length == text_length || text[length] == '-');
}

static int is_same(const element_t *element, const char *tag)
{
    return element->length == strlen(tag)
           && strncasecmp(element->range, tag, element->length) == 0;
}

/* 1 if the list says of this very tag that it is not wanted. */
static int is_excluded(const char *accept, const char *tag)
{
    element_t element;

    while (next_element(&accept, &element))
        if (element.quality == 0 && is_same(&element, tag))
            return 1;
    return 0;
}

/* How well a tag fits: 0 not at all, 1 it begins with the range, else the
 * more of the range it is the better. */
static size_t fitness(const element_t *element, const char *tag)
{
    size_t length = strlen(tag);

    if (element->length == 1 && *element->range == '*')
        return 1;
    if (is_prefix(tag, length, element->range, element->length))
        return 1 + length;
    return is_prefix(element->range, element->length, tag, length);
}

/* The tag that fits an element best; -1: none does. */
static int find_tag(const char *accept, const element_t *element,
                    const char *const *tags, int count)
{
    size_t best = 0;
    int found = -1;

    for (int i = 0; i < count; i++) {
        size_t fit = fitness(element, tags[i]);

        if (fit > best && !is_excluded(accept, tags[i])) {
            best = fit;
            found = i;
        }
    }
    return found;
}

int anonid_language_choose(const char *accept, const char *const *tags,
                           int count)
{
    const char *rest = accept ? accept : "";
    element_t element;
    int chosen = 0, quality = 0;

    while (next_element(&rest, &element)) {
        int found = element.quality > quality
                        ? find_tag(accept, &element, tags, count)
                        : -1;

        if (found >= 0) {
            chosen = found;
            quality = element.quality;
        }
    }
    return chosen;
}
