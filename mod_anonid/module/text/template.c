/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates; see template.h.
 */
#include "module/text/template.h"
#include "common/text.h"

#include <apr_strings.h>
#include <string.h>

#define NAME_SHOWN 40 /* octets of a wrong place that are repeated */

/* Those that a page cannot be without: a reader who cannot see it needs its
 * language and title (WCAG 3.1.1, 2.4.2). */
static const struct {
    const char *name;
    anonid_template_place_t place;
    int is_needed;
} places[] = {
    { "language", ANONID_PLACE_LANGUAGE, 1 },
    { "direction", ANONID_PLACE_DIRECTION, 0 },
    { "title", ANONID_PLACE_TITLE, 1 },
    { "style", ANONID_PLACE_STYLE, 0 },
    { "script", ANONID_PLACE_SCRIPT, 0 },
    { "content", ANONID_PLACE_CONTENT, 1 },
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))
#define NAMES                                                                 \
    "{{language}}, {{direction}}, {{title}}, {{style}}, {{script}}, "         \
    "{{content}}"

static void add_text(anonid_template_t *template, const char *text,
                     const char *end)
{
    anonid_template_part_t part = { ANONID_PLACE_TEXT, text,
                                    (apr_size_t)(end - text) };

    if (text < end)
        APR_ARRAY_PUSH(template->parts, anonid_template_part_t) = part;
}

static const char *unknown(apr_pool_t *pool, const char *name, size_t length)
{
    char shown[NAME_SHOWN + 1];

    anonid_text_show(shown, sizeof(shown), name, length);
    return apr_psprintf(
        pool, "'{{%s}}': there is no such place; there are " NAMES, shown);
}

static const char *add_place(apr_pool_t *pool, anonid_template_t *template,
                             const char *name, size_t length)
{
    anonid_template_part_t part = { ANONID_PLACE_TEXT, NULL, 0 };

    for (size_t i = 0; i < N_PLACES; i++)
        if (strlen(places[i].name) == length
            && memcmp(places[i].name, name, length) == 0)
            part.place = places[i].place;
    if (part.place == ANONID_PLACE_TEXT)
        return unknown(pool, name, length);
    APR_ARRAY_PUSH(template->parts, anonid_template_part_t) = part;
    return NULL;
}

static int count_place(const anonid_template_t *template,
                       anonid_template_place_t place)
{
    int count = 0;

    for (int i = 0; i < template->parts->nelts; i++)
        count +=
            APR_ARRAY_IDX(template->parts, i, anonid_template_part_t).place
            == place;
    return count;
}

/* Fields have ids, of which a page must not have two. */
static const char *whole_error(apr_pool_t *pool,
                               const anonid_template_t *template)
{
    for (size_t i = 0; i < N_PLACES; i++)
        if (places[i].is_needed && count_place(template, places[i].place) == 0)
            return apr_psprintf(pool, "it has no {{%s}}; put it in",
                                places[i].name);
    if (count_place(template, ANONID_PLACE_CONTENT) > 1)
        return "it has {{content}} more than once; take the others out";
    return NULL;
}

static int line_of(const char *text, const char *place)
{
    int line = 1;

    for (; text < place; text++)
        line += *text == '\n';
    return line;
}

static const char *read_parts(apr_pool_t *pool, anonid_template_t *template,
                              const char *text, const char *end,
                              const char **at)
{
    const char *open, *close, *error = NULL;

    for (*at = text; !error; text = *at = close + 2) {
        open = memmem(text, (size_t)(end - text), "{{", 2);
        if (!open)
            break;
        add_text(template, text, open);
        *at = open;
        close = memmem(open + 2, (size_t)(end - open) - 2, "}}", 2);
        if (!close)
            return "a '{{' without '}}'; a place is written {{title}}";
        error =
            add_place(pool, template, open + 2, (size_t)(close - open) - 2);
        if (error)
            return error;
    }
    add_text(template, text, end);
    return NULL;
}

const char *anonid_template_read(apr_pool_t *pool, const char *text,
                                 apr_size_t length,
                                 anonid_template_t **template, int *line)
{
    anonid_template_t *made = apr_pcalloc(pool, sizeof(*made));
    const char *at, *error;

    *line = 0;
    if (!anonid_text_is_utf8(text, length) || memchr(text, '\0', length))
        return "it is not UTF-8; save the file as UTF-8";
    made->parts = apr_array_make(pool, 12, sizeof(anonid_template_part_t));
    error = read_parts(pool, made, text, text + length, &at);
    if (error) {
        *line = line_of(text, at);
        return error;
    }
    *template = made;
    return whole_error(pool, made);
}
