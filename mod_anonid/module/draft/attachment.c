/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a draft: their names and media types; see draft.h.
 */
#include "module/draft/draft.h"
#include "module/text/params.h"
#include "common/text.h"

#include <apr_strings.h>
#include <string.h>

#define TYPE_MAX 255   /* octets of a media type, RFC 6838 section 4.2 */
#define CHARSET_MAX 40 /* octets, RFC 2978 section 2.3 */
#define OCTET_STREAM "application/octet-stream"

/* The name without the folders that some browsers send with it. */
static const char *base_name(const char *name)
{
    const char *base = name;

    for (; *name; name++)
        if (*name == '/' || *name == '\\')
            base = name + 1;
    return base;
}

/* RFC 2046 allows no base64 around multipart and message types, and what is
 * uploaded is a file, not a part of this message. */
static void set_type(anonid_attachment_t *attachment,
                     const anonid_params_t *params)
{
    const char *slash = strchr(params->value, '/');
    const char *charset = anonid_params_get(params, "charset");

    attachment->type = OCTET_STREAM;
    if (!slash || strlen(params->value) > TYPE_MAX
        || strncmp(params->value, "multipart/", 10) == 0
        || strncmp(params->value, "message/", 8) == 0)
        return;
    attachment->type = params->value;
    if (charset && strlen(charset) <= CHARSET_MAX
        && anonid_params_is_token(charset, strlen(charset)))
        attachment->charset = charset;
}

static const anonid_problem_t *
name_problem(const anonid_draft_t *draft, const char *field, const char *name)
{
    const anonid_problem_t *problem = anonid_draft_text_problem(
        draft->pool, field, name, strlen(name), ANONID_FILE_NAME_MAX);

    if (!problem && anonid_draft_has_control(name))
        problem = anonid_problem_in_field(
            draft->pool, field, ANONID_PHRASE_ERROR_FILE,
            "The file's name must not hold control "
            "characters.");
    return problem;
}

const anonid_problem_t *
anonid_draft_attach(anonid_draft_t *draft, const char *field, const char *name,
                    const char *type, const char *content, apr_size_t length)
{
    anonid_attachment_t *attachment;
    const anonid_problem_t *problem;
    const anonid_params_t *params = NULL;

    draft->has_files = 1;
    if (type && *type)
        params = anonid_params_parse(draft->pool, type, strlen(type));
    if (type && *type && !params)
        return anonid_problem_in_field(draft->pool, field,
                                       ANONID_PHRASE_ERROR_FILE,
                                       "The file's type is no media type.");
    problem = name ? name_problem(draft, field, name) : NULL;
    if (problem)
        return problem;
    if (draft->attachments->nelts == ANONID_ATTACHMENTS_MAX)
        return anonid_problem_say(
            anonid_problem_make(draft->pool, 400, field,
                                "There are more than %d attachments.",
                                ANONID_ATTACHMENTS_MAX),
            ANONID_PHRASE_ERROR_FILES,
            apr_itoa(draft->pool, ANONID_ATTACHMENTS_MAX));
    attachment = apr_array_push(draft->attachments);
    attachment->type = OCTET_STREAM;
    if (params)
        set_type(attachment, params);
    if (name && *base_name(name))
        attachment->name =
            anonid_draft_shown_name(draft->pool, base_name(name));
    attachment->content = content;
    attachment->length = length;
    return NULL;
}
