/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives that say, per server and section, what becomes of a request
 * without credentials. Whether the accounts and services that they name exist
 * is validate/validate.c's.
 */
#include "module/config/config.h"
#include "module/config/directives.h"
#include "module/text/params.h"

#include <ap_expr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(anonid);

/* AllowOverrideList would let any directive into .htaccess files, and <Limit>
 * would be passed over in silence. */
#define NOT_HERE (NOT_IN_HTACCESS | NOT_IN_LIMIT)

static anonid_reference_t *add_reference(cmd_parms *cmd,
                                         const anonid_dir_t *section)
{
    anonid_reference_t *reference = apr_pcalloc(cmd->pool, sizeof(*reference));

    reference->server = cmd->server;
    reference->path = cmd->path;
    reference->section = section;
    reference->directive = cmd->directive;
    anonid_global_add_reference(reference);
    return reference;
}

const char *anonid_set_map_to(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_dir_t *section = dir;
    anonid_reference_t *reference;

    if (error)
        return error;
    if (argc > 1)
        return "AnonIDMapTo takes one account, None, or nothing for the "
               "default account; put a name with spaces in quotes";
    if (argc == 1 && *argv[0] == '\0')
        return "AnonIDMapTo \"\" names no account: write a name, None, or "
               "nothing for the default account";
    reference = add_reference(cmd, section);
    section->map_to = reference;
    if (argc == 0)
        return NULL;
    reference->none = ap_cstr_casecmp(argv[0], "none") == 0;
    if (!reference->none)
        reference->name = argv[0];
    return NULL;
}

const char *anonid_set_mail(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_dir_t *section = dir;
    anonid_reference_t *reference;

    if (error)
        return error;
    reference = add_reference(cmd, section);
    reference->is_mail = 1;
    reference->name = arg;
    section->mail = reference;
    return NULL;
}

/* The expression may be one quoted word, or the rest of the line as it is. */
static const char *expression(cmd_parms *cmd, const char *args)
{
    const char *rest = args;
    const char *word = ap_getword_conf(cmd->pool, &rest);

    return *rest == '\0' ? word : args;
}

const char *anonid_set_unless(cmd_parms *cmd, void *dir, const char *args)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    const char *text = expression(cmd, args);
    anonid_dir_t *section = dir;

    if (error)
        return error;
    if (*text == '\0')
        return "AnonIDUnless takes an expression, for example "
               "AnonIDUnless \"%{HTTP_COOKIE} =~ /session=/\"";
    section->unless = ap_expr_parse_cmd(cmd, text, 0, &error, NULL);
    if (error)
        return apr_psprintf(cmd->pool,
                            "AnonIDUnless: cannot parse the expression '%s': "
                            "%s",
                            text, error);
    return NULL;
}

static int has_control(const char *text)
{
    while (*text && !apr_iscntrl(*text))
        text++;
    return *text != '\0';
}

const char *anonid_set_remote_user(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_remote_user_t *remote_user;

    if (error)
        return error;
    if (has_control(arg))
        return "AnonIDRemoteUser: the text holds a control character; write "
               "account, none, or the name that applications shall see";
    remote_user = apr_pcalloc(cmd->pool, sizeof(*remote_user));
    remote_user->none = ap_cstr_casecmp(arg, "none") == 0;
    if (!remote_user->none && ap_cstr_casecmp(arg, "account") != 0)
        remote_user->text = arg;
    ((anonid_dir_t *)dir)->remote_user = remote_user;
    return NULL;
}

static const struct {
    const char *word;
    anonid_on_failure_t value;
} on_failure_words[] = {
    { "unavailable", ANONID_ON_FAILURE_UNAVAILABLE },
    { "forbidden", ANONID_ON_FAILURE_FORBIDDEN },
    { "decline", ANONID_ON_FAILURE_DECLINE },
};

#define N_WORDS (sizeof(on_failure_words) / sizeof(on_failure_words[0]))

const char *anonid_set_on_logon_failure(cmd_parms *cmd, void *dir,
                                        const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    size_t i;

    if (error)
        return error;
    for (i = 0; i < N_WORDS; i++) {
        if (ap_cstr_casecmp(arg, on_failure_words[i].word) == 0) {
            ((anonid_dir_t *)dir)->on_failure = on_failure_words[i].value;
            return NULL;
        }
    }
    return apr_psprintf(cmd->pool,
                        "AnonIDOnLogonFailure '%s' is unknown: write "
                        "unavailable (503), forbidden (403) or decline (the "
                        "location's own authentication)",
                        arg);
}

const char *anonid_set_valid_user(cmd_parms *cmd, void *dir, int on)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);

    if (error)
        return error;
    ((anonid_dir_t *)dir)->valid_user = on;
    return NULL;
}

/* Without these there is no request, or none that anybody can answer. */
static const char *const needed[] = {
    "host",       "content-length", "content-type", "transfer-encoding",
    "connection",
};

#define N_NEEDED (sizeof(needed) / sizeof(needed[0]))

static int takes_needed(const anonid_header_name_t *header)
{
    size_t i;

    for (i = 0; i < N_NEEDED; i++) {
        if (strcmp(header->name, needed[i]) == 0
            || (header->is_prefix
                && strncmp(header->name, needed[i], strlen(header->name))
                       == 0))
            return 1;
    }
    return 0;
}

/* Called for each name of the line. */
const char *anonid_set_headers(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    anonid_header_name_t header;
    char *name = apr_pstrdup(cmd->pool, arg);
    size_t length = strlen(name);
    char *c;

    (void)dir;
    if (error)
        return error;
    header.is_prefix = length > 0 && name[length - 1] == '*';
    if (header.is_prefix)
        name[--length] = '\0';
    ap_str_tolower(name);
    for (c = strchr(name, '_'); c; c = strchr(c, '_'))
        *c = '-';
    header.name = name;
    if (length == 0 || !anonid_params_is_token(name, length)
        || strchr(name, '*'))
        return apr_psprintf(cmd->pool,
                            "AnonIDHeaders '%s' is no name of a header field; "
                            "write one as X-My-User, or X-My-* for all that "
                            "begin with X-My-",
                            arg);
    if (takes_needed(&header))
        return apr_psprintf(cmd->pool,
                            "AnonIDHeaders '%s' would take out a field that "
                            "every request needs; name the one that says who "
                            "a visitor is",
                            arg);
    APR_ARRAY_PUSH(anonid_global()->header_names, anonid_header_name_t) =
        header;
    return NULL;
}
