/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Languages; see catalog.h.
 */
#include "module/text/catalog.h"
#include "common/text.h"
#include "module/text/embedded.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define TAG_MAX 35 /* octets, RFC 5646 section 4.4.1 */
#define VALUE "{value}"
#define EXTENSION ".conf"

static const struct {
    const char *name;
    const char *text;
} english[] = { ANONID_ENGLISH };

_Static_assert(sizeof(english) / sizeof(english[0]) == ANONID_PHRASES,
               "a text for each");

const char *anonid_embedded_text(const char *name)
{
    const anonid_embedded_t *file = anonid_embedded;

    while (strcmp(file->name, name) != 0)
        file++;
    return file->text;
}

int anonid_catalog_is_tag(const char *tag)
{
    size_t length = strlen(tag);

    if (length < 2 || length > TAG_MAX || !apr_islower(*tag)
        || tag[length - 1] == '-')
        return 0;
    for (; *tag; tag++)
        if (!apr_islower(*tag) && !apr_isdigit(*tag) && *tag != '-')
            return 0;
    return 1;
}

anonid_catalog_t *anonid_catalog_make(apr_pool_t *pool, const char *tag,
                                      const anonid_catalog_t *base)
{
    anonid_catalog_t *catalog = apr_pcalloc(pool, sizeof(*catalog));

    if (base)
        *catalog = *base;
    catalog->tag = apr_pstrdup(pool, tag);
    catalog->labels =
        base ? apr_hash_copy(pool, base->labels) : apr_hash_make(pool);
    return catalog;
}

anonid_catalog_t *anonid_catalog_english(apr_pool_t *pool)
{
    anonid_catalog_t *catalog = anonid_catalog_make(pool, "en", NULL);

    for (size_t i = 0; i < ANONID_PHRASES; i++)
        catalog->texts[i] = english[i].text;
    return catalog;
}

const char *anonid_catalog_file_tag(apr_pool_t *pool, const char *name)
{
    size_t length = strlen(name);
    size_t extension = strlen(EXTENSION);

    if (length <= extension
        || strcmp(name + length - extension, EXTENSION) != 0 || *name == '.')
        return NULL;
    return apr_pstrmemdup(pool, name, length - extension);
}

apr_array_header_t *anonid_catalog_builtin(apr_pool_t *pool)
{
    apr_array_header_t *catalogs =
        apr_array_make(pool, 8, sizeof(anonid_catalog_t *));
    int line;

    APR_ARRAY_PUSH(catalogs, anonid_catalog_t *) =
        anonid_catalog_english(pool);
    for (const anonid_embedded_t *file = anonid_embedded; file->name; file++) {
        const char *tag = anonid_catalog_file_tag(pool, file->name);
        anonid_catalog_t *catalog;

        if (!tag)
            continue;
        catalog = anonid_catalog_make(pool, tag, NULL);
        (void)anonid_catalog_read(pool, catalog, file->text,
                                  strlen(file->text), &line);
        APR_ARRAY_PUSH(catalogs, anonid_catalog_t *) = catalog;
    }
    return catalogs;
}

/* ---- reading ---- */

/* Marks of direction belong to some languages. */
static const char *text_error(const char *text, size_t length)
{
    size_t octets;

    for (; length > 0; text += octets, length -= octets) {
        anonid_text_kind_t kind = anonid_text_next(text, length, &octets);

        if (kind == ANONID_TEXT_BROKEN)
            return "it is not UTF-8; save the file as UTF-8";
        if (kind == ANONID_TEXT_CONTROL)
            return "it holds a control character; take it out";
    }
    return NULL;
}

/* Whether a text has "{value}", and no other brace. */
static const char *value_error(const char *text, const char *model)
{
    int wanted = strstr(model, VALUE) != NULL, found = 0;

    for (; *text; text++) {
        if (*text != '{')
            continue;
        if (strncmp(text, VALUE, strlen(VALUE)) != 0)
            return "a '{' begins " VALUE " and nothing else";
        found = 1;
    }
    if (wanted && !found)
        return "it needs " VALUE ", where the value goes";
    if (found && !wanted)
        return "this text has no " VALUE "; take it out";
    return NULL;
}

static const char *phrase_error(size_t phrase, const char *text)
{
    if (phrase == ANONID_PHRASE_DIRECTION && strcmp(text, "ltr") != 0
        && strcmp(text, "rtl") != 0)
        return "the direction is ltr or rtl";
    return value_error(text, english[phrase].text);
}

static int is_label(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot && dot[1] != '\0'
           && (strncmp(name, "field.", 6) == 0
               || strncmp(name, "recipient.", 10) == 0);
}

/* One "name = text", in which what came before in this file is marked. */
static const char *take_entry(anonid_catalog_t *catalog, const char *name,
                              const char *text, unsigned char *seen)
{
    size_t i = 0;

    if (*text == '\0')
        return "it has no text; write NAME = TEXT";
    if (is_label(name)) {
        apr_hash_set(catalog->labels, name, APR_HASH_KEY_STRING, text);
        return NULL;
    }
    while (i < ANONID_PHRASES && strcmp(english[i].name, name) != 0)
        i++;
    if (i == ANONID_PHRASES)
        return "there is no text of that name; languages/en.conf among the "
               "examples has those that there are";
    if (seen[i])
        return "it is there twice; take one out";
    seen[i] = 1;
    catalog->texts[i] = text;
    return phrase_error(i, text);
}

/* NULL for a line that says nothing. */
static const char *trim(char *text)
{
    char *end = text + strlen(text);

    while (apr_isspace(*text))
        text++;
    while (end > text && apr_isspace(end[-1]))
        *--end = '\0';
    return text;
}

static const char *read_line(apr_pool_t *pool, anonid_catalog_t *catalog,
                             char *line, unsigned char *seen)
{
    const char *name = trim(line), *error;
    char *equals = strchr(line, '=');

    if (*name == '\0' || *name == '#')
        return NULL;
    if (!equals)
        return "a line is NAME = TEXT, or a comment that begins with '#'";
    *equals = '\0';
    name = trim(line);
    error = take_entry(catalog, name, trim(equals + 1), seen);
    return error ? apr_psprintf(pool, "'%s': %s", name, error) : NULL;
}

const char *anonid_catalog_read(apr_pool_t *pool, anonid_catalog_t *catalog,
                                const char *text, apr_size_t length, int *line)
{
    unsigned char seen[ANONID_PHRASES] = { 0 };
    const char *end = text + length;
    const char *error = NULL;

    /* Some editors begin UTF-8 with a byte order mark. */
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    for (*line = 1; text < end && !error; ++*line) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t octets = (size_t)((stop ? stop : end) - text);

        if (octets > 0 && text[octets - 1] == '\r')
            octets--;
        error = text_error(text, octets);
        if (!error)
            error = read_line(pool, catalog,
                              apr_pstrmemdup(pool, text, octets), seen);
        if (error)
            break;
        text = stop ? stop + 1 : end;
    }
    return error;
}

const char *anonid_catalog_missing(const anonid_catalog_t *catalog)
{
    for (size_t i = 0; i < ANONID_PHRASES; i++)
        if (!catalog->texts[i])
            return english[i].name;
    return NULL;
}

/* ---- use ---- */

const char *anonid_catalog_label(apr_pool_t *pool,
                                 const anonid_catalog_t *catalog,
                                 const char *kind, const char *name)
{
    if (apr_hash_count(catalog->labels) == 0)
        return NULL;
    return apr_hash_get(catalog->labels,
                        apr_pstrcat(pool, kind, ".", name, NULL),
                        APR_HASH_KEY_STRING);
}

const char *anonid_catalog_fill(apr_pool_t *pool,
                                const anonid_catalog_t *catalog,
                                anonid_phrase_t phrase, const char *value)
{
    const char *text = catalog->texts[phrase];
    const char *place = strstr(text, VALUE);

    if (!place)
        return text;
    return apr_pstrcat(pool,
                       apr_pstrmemdup(pool, text, (size_t)(place - text)),
                       value ? value : "", place + strlen(VALUE), NULL);
}
