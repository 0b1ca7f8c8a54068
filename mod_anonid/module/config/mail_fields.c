/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directive AnonIDMailFields. Knows nothing of forms.
 */
#include "module/config/config.h"
#include "module/config/directives.h"
#include "common/text.h"

#include <apr_strings.h>
#include <string.h>

#define OCTETS_MAX 200 /* of a name, and of a label */
#define NOT_HERE (NOT_IN_HTACCESS | NOT_IN_LIMIT)
#define OURS "anonid-" /* what fields of ours begin with that nobody sees */
#define REQUIRED ":required"

/* Fields that every form has, and the name of our own form's files. */
static const char *const taken[] = {
    "to", "subject", "body", "reply-to", "attachments", "attachment",
};

#define N_TAKEN (sizeof(taken) / sizeof(taken[0]))

static const char *name_error(const apr_array_header_t *fields,
                              const char *name)
{
    if (*name == '\0' || strlen(name) > OCTETS_MAX
        || !anonid_text_is_plain(name))
        return "a name has 1 to 200 octets of text; write name=Label";
    for (size_t i = 0; i < N_TAKEN; i++)
        if (strcmp(taken[i], name) == 0)
            return "every form has a field of that name; take another one";
    if (strncmp(name, OURS, strlen(OURS)) == 0)
        return "names that begin with " OURS " are taken; take another one";
    for (int i = 0; i < fields->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(fields, i, anonid_mail_field_t).name, name)
            == 0)
            return "it is listed twice; remove one of them";
    return NULL;
}

/* Takes ":required" off a label; *error: what it ends with instead. */
static int is_required(char *label, const char **error)
{
    static const char *const wrong[] = { ":requ", ":mandatory", ":optional" };
    char *colon = strrchr(label, ':');

    *error = NULL;
    if (!colon)
        return 0;
    if (ap_cstr_casecmp(colon, REQUIRED) == 0) {
        *colon = '\0';
        return 1;
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (ap_cstr_casecmpn(colon, wrong[i], strlen(wrong[i])) == 0)
            *error = "what has to be filled in is written name=Label" REQUIRED
                     ", what need not be without an end";
    return 0;
}

/* Called for each word of the line; further lines of a section add to it. */
const char *anonid_set_mail_fields(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_dir_t *section = dir;
    anonid_mail_field_t field = { 0 };
    const char *equals = strchr(arg, '='), *wrong;
    char *label = apr_pstrdup(cmd->pool, equals ? equals + 1 : arg);

    if (error)
        return error;
    if (!section->mail_fields)
        section->mail_fields =
            apr_array_make(cmd->pool, 4, sizeof(anonid_mail_field_t));
    if (ap_cstr_casecmp(arg, "none") == 0 && section->mail_fields->nelts == 0)
        return NULL;
    field.is_required = is_required(label, &wrong);
    field.label = label;
    field.name =
        equals ? apr_pstrmemdup(cmd->pool, arg, (apr_size_t)(equals - arg))
               : label;
    error = name_error(section->mail_fields, field.name);
    if (!error && strchr(arg, '"'))
        error = "a label with spaces is quoted with its name: \"name=Label "
                "text\"";
    if (!error
        && (*field.label == '\0' || strlen(field.label) > OCTETS_MAX
            || !anonid_text_is_plain(field.label)))
        error = "a label has 1 to 200 octets of text; write name=Label, in "
                "quotes where the label has spaces";
    if (!error)
        error = wrong;
    if (error)
        return apr_psprintf(cmd->pool, "AnonIDMailFields '%s': %s", arg,
                            error);
    APR_ARRAY_PUSH(section->mail_fields, anonid_mail_field_t) = field;
    apr_hash_set(anonid_global()->field_names, field.name, APR_HASH_KEY_STRING,
                 field.name);
    return NULL;
}
