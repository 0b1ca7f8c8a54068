/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms as drafts; see form.h.
 */
#include "module/draft/form.h"
#include "module/text/charset.h"
#include "module/text/multipart.h"
#include "module/text/percent.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_OCTETS 1024

/* A field of a form, in the charset that it came in. */
typedef struct {
    const char *name;
    const char *value;
    apr_size_t length;
    const char *charset;
} field_t;

static const anonid_problem_t *too_many(apr_pool_t *pool)
{
    return anonid_problem_make(pool, 400, NULL,
                               "The form has more than %d fields.",
                               ANONID_FIELDS_MAX);
}

static const anonid_problem_t *unknown_charset(apr_pool_t *pool,
                                               const char *field)
{
    return anonid_problem_make(pool, 415, field,
                               "The character set is not known here. Use "
                               "UTF-8.");
}

static const anonid_problem_t *set_field(anonid_draft_t *draft,
                                         const field_t *field)
{
    const char *value = field->value;
    apr_size_t length = field->length;
    const anonid_problem_t *problem;

    if (!anonid_draft_has(draft, field->name))
        return anonid_draft_unknown(draft, field->name);
    if (field->charset && !anonid_charset_is_known(field->charset))
        return unknown_charset(draft->pool, field->name);
    problem = anonid_draft_take(
        draft, anonid_charset_growth(field->charset, field->length));
    if (problem)
        return problem;
    if (!anonid_charset_decode(draft->pool, field->charset, &value, &length))
        return anonid_problem_make(draft->pool, 400, field->name,
                                   "The field is not valid in its character "
                                   "set.");
    return anonid_draft_set(draft, field->name, value, length);
}

/* ---- application/x-www-form-urlencoded ---- */

static const anonid_problem_t *read_pair(anonid_draft_t *draft,
                                         const char *charset, const char *pair,
                                         apr_size_t length)
{
    const char *equals = memchr(pair, '=', length);
    apr_size_t name_octets = equals ? (apr_size_t)(equals - pair) : length;
    field_t field = { NULL, "", 0, charset };
    const anonid_problem_t *problem = anonid_draft_take(draft, length);
    apr_size_t ignored;

    if (problem)
        return problem;
    field.name =
        anonid_percent_decode(draft->pool, pair, name_octets, 1, &ignored);
    if (!field.name)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The name of a field has a '%%' without "
                                   "two hexadecimal digits.");
    if (equals && anonid_draft_has(draft, field.name)) {
        field.value =
            anonid_percent_decode(draft->pool, equals + 1,
                                  length - name_octets - 1, 1, &field.length);
        if (!field.value)
            return anonid_problem_make(draft->pool, 400, field.name,
                                       "The field has a '%%' without two "
                                       "hexadecimal digits.");
    }
    return set_field(draft, &field);
}

const anonid_problem_t *
anonid_form_read_urlencoded(anonid_draft_t *draft, const anonid_params_t *type,
                            const char *body, apr_size_t length)
{
    const char *charset = anonid_params_get(type, "charset");
    const char *end = body + length;
    const anonid_problem_t *first = NULL;
    int count = 0;

    if (charset && !anonid_charset_is_known(charset))
        return unknown_charset(draft->pool, NULL);
    while (body < end) {
        const char *stop = memchr(body, '&', (size_t)(end - body));
        const anonid_problem_t *problem;

        if (!stop)
            stop = end;
        if (++count > ANONID_FIELDS_MAX)
            return too_many(draft->pool);
        problem = stop == body ? NULL
                               : read_pair(draft, charset, body,
                                           (apr_size_t)(stop - body));
        if (problem && !problem->field)
            return problem;
        if (!first)
            first = problem;
        body = stop + 1;
    }
    return first;
}

/* ---- multipart/form-data ---- */

/* Browsers write '"', CR and LF in names as "%22", "%0D" and "%0A", and leave
 * '%' alone (HTML standard, "multipart/form-data encoding algorithm"). */
static const char *browser_name(apr_pool_t *pool, const char *name)
{
    static const char *const escapes[] = { "%22\"", "%0D\r", "%0A\n" };
    char *copy = apr_pstrdup(pool, name), *out = copy;

    while (*name) {
        char c = *name++;

        for (int i = 0; c == '%' && i < 3; i++)
            if (strncasecmp(name - 1, escapes[i], 3) == 0) {
                c = escapes[i][3];
                name += 2;
            }
        *out++ = c;
    }
    *out = '\0';
    return copy;
}

/* The field's or file's name; NULL if there is none. */
static const anonid_problem_t *take_name(apr_pool_t *pool, const char *field,
                                         const anonid_params_t *disposition,
                                         const char *param, const char **name)
{
    int bad = 0;

    *name = anonid_params_get_extended(pool, disposition, param, &bad);
    if (bad)
        return anonid_problem_make(pool, 400, field,
                                   "The %s of a part of the form is not "
                                   "valid UTF-8 text.",
                                   param);
    if (!*name)
        return NULL;
    *name = browser_name(pool, *name);
    return anonid_draft_text_problem(pool, field ? field : param, *name,
                                     strlen(*name), NAME_MAX_OCTETS);
}

/* RFC 7578 section 4.7 has no transfer encodings; the identities are let
 * pass. */
static int has_encoding(const anonid_part_t *part, apr_pool_t *pool)
{
    const char *text;
    apr_size_t length;
    const anonid_params_t *encoding;

    if (!anonid_part_field(part, "Content-Transfer-Encoding", &text, &length))
        return 0;
    encoding = anonid_params_parse(pool, text, length);
    return !encoding
           || (strcmp(encoding->value, "7bit") != 0
               && strcmp(encoding->value, "8bit") != 0
               && strcmp(encoding->value, "binary") != 0);
}

/* The part's Content-Type as it stands; NULL if there is none. */
static const char *part_type(const anonid_part_t *part, apr_pool_t *pool)
{
    const char *text;
    apr_size_t length;

    if (!anonid_part_field(part, "Content-Type", &text, &length))
        return NULL;
    return memchr(text, '\0', length) ? ""
                                      : apr_pstrmemdup(pool, text, length);
}

static const anonid_problem_t *read_text_part(anonid_draft_t *draft,
                                              const anonid_part_t *part,
                                              const char *name,
                                              const char *default_charset)
{
    const char *type = part_type(part, draft->pool);
    field_t field = { name, part->content, part->length, default_charset };
    const anonid_params_t *params;

    if (type) {
        params = anonid_params_parse(draft->pool, type, strlen(type));
        if (!params)
            return anonid_problem_make(draft->pool, 400, name,
                                       "The field's type is no media type.");
        if (anonid_params_get(params, "charset"))
            field.charset = anonid_params_get(params, "charset");
    }
    return set_field(draft, &field);
}

static const anonid_problem_t *read_part(anonid_draft_t *draft,
                                         const anonid_part_t *part,
                                         const char *default_charset)
{
    const anonid_params_t *disposition = NULL;
    const anonid_problem_t *problem;
    const char *text, *name, *file;
    apr_size_t length;

    if (anonid_part_field(part, "Content-Disposition", &text, &length))
        disposition = anonid_params_parse(draft->pool, text, length);
    if (!disposition || strcmp(disposition->value, "form-data") != 0)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "A part of the form has no valid "
                                   "Content-Disposition: form-data.");
    problem = take_name(draft->pool, NULL, disposition, "name", &name);
    if (!problem)
        problem = take_name(draft->pool, name, disposition, "filename", &file);
    if (problem)
        return problem;
    if (!name)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "A part of the form has no name.");
    if (has_encoding(part, draft->pool))
        return anonid_problem_make(draft->pool, 400, name,
                                   "Parts of a form must not have a "
                                   "Content-Transfer-Encoding.");
    if (!file)
        return read_text_part(draft, part, name, default_charset);
    if (*file == '\0' && part->length == 0)
        return NULL;
    return anonid_draft_attach(draft, name, file, part_type(part, draft->pool),
                               part->content, part->length);
}

static const anonid_problem_t *malformed(apr_pool_t *pool)
{
    return anonid_problem_make(pool, 400, NULL,
                               "The body is not a well-formed "
                               "multipart/form-data of its boundary.");
}

const anonid_problem_t *anonid_form_read_multipart(anonid_draft_t *draft,
                                                   const anonid_params_t *type,
                                                   const char *body,
                                                   apr_size_t length)
{
    const char *boundary = anonid_params_get(type, "boundary");
    const char *charset = anonid_params_get(type, "charset");
    const anonid_problem_t *problem, *first = NULL;
    anonid_multipart_state_t state;
    anonid_multipart_t multipart;
    anonid_part_t part;
    int count = 0;

    if (!boundary)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The Content-Type has no boundary.");
    if (charset && !anonid_charset_is_known(charset))
        return unknown_charset(draft->pool, NULL);
    state = anonid_multipart_begin(&multipart, boundary, body, length);
    while (state == ANONID_MULTIPART_PART) {
        state = anonid_multipart_next(&multipart, &part);
        if (state != ANONID_MULTIPART_PART)
            break;
        if (++count > ANONID_FIELDS_MAX)
            return too_many(draft->pool);
        problem = read_part(draft, &part, charset);
        if (problem && !problem->field)
            return problem;
        if (!first)
            first = problem;
    }
    if (state == ANONID_MULTIPART_BAD && !first)
        return malformed(draft->pool);
    return first;
}
