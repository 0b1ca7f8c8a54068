/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as a draft; see json.h.
 */
#include "module/draft/json.h"
#include "module/text/base64.h"

#include <apr_strings.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

/* Jansson grows a string by doubling while it reads one, and copies it. */
#define JSON_COPIES 2

/*
 * Bounds depth and number of values before the text is parsed, because a value
 * takes many times the memory of its text. Counts every bracket and comma
 * outside strings; whether they are well placed is the parser's business.
 */
static int is_bounded(const char *text, apr_size_t length)
{
    int depth = 0, values = 0, quoted = 0;

    for (apr_size_t i = 0; i < length; i++) {
        char c = text[i];

        if (quoted) {
            if (c == '\\')
                i++;
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        values += c == '{' || c == '[' || c == ',';
        if (depth > ANONID_JSON_DEPTH_MAX || values > ANONID_JSON_VALUES_MAX)
            return 0;
    }
    return 1;
}

static const anonid_problem_t *not_a(anonid_draft_t *draft, const char *field,
                                     const char *what)
{
    return anonid_problem_make(draft->pool, 400, field, "The field is not %s.",
                               what);
}

static const anonid_problem_t *
set_string(anonid_draft_t *draft, const char *field, const json_t *value)
{
    if (!json_is_string(value))
        return not_a(draft, field, "a string");
    return anonid_draft_set(draft, field, json_string_value(value),
                            json_string_length(value));
}

static const anonid_problem_t *
set_field(anonid_draft_t *draft, const char *field, const json_t *value)
{
    const anonid_problem_t *problem = NULL;

    if (!json_is_array(value) || !anonid_draft_repeats(draft, field))
        return set_string(draft, field, value);
    for (size_t i = 0; i < json_array_size(value) && !problem; i++)
        problem = set_string(draft, field, json_array_get(value, i));
    return problem;
}

/* What a form calls the same, which programs that know forms write. */
static const struct {
    const char *member;
    const char *in_forms;
} form_names[] = {
    { "name", "filename" },
    { "type", "content-type" },
};

static const json_t *get_member(const json_t *attachment, const char *member)
{
    const json_t *value = json_object_get(attachment, member);

    for (size_t i = 0; i < sizeof(form_names) / sizeof(*form_names); i++) {
        if (!value && strcmp(form_names[i].member, member) == 0)
            value = json_object_get(attachment, form_names[i].in_forms);
    }
    return value;
}

/* A string member of an attachment; *string is NULL if it is absent. */
static const anonid_problem_t *
take_string(anonid_draft_t *draft, const char *field, const json_t *attachment,
            const char *member, const json_t **string)
{
    *string = get_member(attachment, member);
    if (!*string || json_is_string(*string))
        return NULL;
    return anonid_problem_make(draft->pool, 400, field,
                               "The attachment's %s is not a string.", member);
}

/* The same as C text. */
static const anonid_problem_t *take_text(anonid_draft_t *draft,
                                         const char *field,
                                         const json_t *attachment,
                                         const char *member, const char **text)
{
    const json_t *string;
    const anonid_problem_t *problem =
        take_string(draft, field, attachment, member, &string);

    if (problem)
        return problem;
    *text = string ? json_string_value(string) : NULL;
    if (*text && strlen(*text) != json_string_length(string))
        return anonid_problem_make(draft->pool, 400, field,
                                   "The attachment's %s must not hold NUL "
                                   "characters.",
                                   member);
    return NULL;
}

static const anonid_problem_t *take_content(anonid_draft_t *draft,
                                            const char *field,
                                            const json_t *attachment,
                                            const char **content,
                                            apr_size_t *length)
{
    const json_t *string;
    const anonid_problem_t *problem =
        take_string(draft, field, attachment, "content", &string);

    if (problem)
        return problem;
    if (!string)
        return anonid_problem_make(draft->pool, 400, field,
                                   "The attachment has no content.");
    problem = anonid_draft_take(draft, json_string_length(string));
    if (problem)
        return problem;
    *content = anonid_base64_decode(draft->pool, json_string_value(string),
                                    json_string_length(string), length);
    if (!*content)
        return anonid_problem_make(draft->pool, 400, field,
                                   "The attachment's content is not base64.");
    return NULL;
}

static const anonid_problem_t *attach(anonid_draft_t *draft, const char *field,
                                      const json_t *attachment)
{
    const char *name, *type, *content;
    const anonid_problem_t *problem;
    apr_size_t length;

    if (!json_is_object(attachment))
        return not_a(draft, field, "an object");
    problem = take_text(draft, field, attachment, "name", &name);
    if (!problem)
        problem = take_text(draft, field, attachment, "type", &type);
    if (!problem)
        problem = take_content(draft, field, attachment, &content, &length);
    if (problem)
        return problem;
    return anonid_draft_attach(draft, field, name,
                               type ? apr_pstrdup(draft->pool, type) : NULL,
                               content, length);
}

static const anonid_problem_t *attach_all(anonid_draft_t *draft,
                                          const json_t *list)
{
    const anonid_problem_t *problem = NULL;

    if (!json_is_array(list))
        return not_a(draft, "attachments", "an array");
    for (size_t i = 0; i < json_array_size(list) && !problem; i++)
        problem = attach(
            draft,
            apr_psprintf(draft->pool, "attachments[%lu]", (unsigned long)i),
            json_array_get(list, i));
    return problem;
}

static const anonid_problem_t *
read_member(anonid_draft_t *draft, const char *name, const json_t *value)
{
    if (strcmp(name, "attachments") == 0)
        return attach_all(draft, value);
    if (!anonid_draft_has(draft, name))
        return anonid_draft_unknown(draft, name);
    return set_field(draft, name, value);
}

static const anonid_problem_t *read_members(anonid_draft_t *draft,
                                            json_t *root)
{
    const anonid_problem_t *problem, *first = NULL;

    for (void *i = json_object_iter(root); i;
         i = json_object_iter_next(root, i)) {
        problem = read_member(draft, json_object_iter_key(i),
                              json_object_iter_value(i));
        if (problem && !problem->field)
            return problem;
        if (!first)
            first = problem;
    }
    return first;
}

const anonid_problem_t *anonid_json_read(anonid_draft_t *draft,
                                         const anonid_params_t *type,
                                         const char *body, apr_size_t length)
{
    const char *charset = anonid_params_get(type, "charset");
    const anonid_problem_t *problem;
    json_error_t error;
    json_t *root;

    if (charset && strcasecmp(charset, "utf-8") != 0)
        return anonid_problem_make(draft->pool, 415, NULL,
                                   "JSON is UTF-8 (RFC 8259 section 8.1).");
    if (!is_bounded(body, length))
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The JSON text has too many values or "
                                   "levels.");
    problem = anonid_draft_take(draft, JSON_COPIES * length);
    if (problem)
        return problem;
    root = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                      &error);
    if (!root)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The body is no JSON text: line %d, "
                                   "column %d: %s.",
                                   error.line, error.column, error.text);
    problem = json_is_object(root)
                  ? read_members(draft, root)
                  : anonid_problem_make(draft->pool, 400, NULL,
                                        "The JSON text is not an object.");
    json_decref(root);
    anonid_memory_give(draft->memory, JSON_COPIES * length);
    return problem;
}
