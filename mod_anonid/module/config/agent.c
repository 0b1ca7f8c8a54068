/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives that there are once per httpd: where the agent and the
 * account file are. Files are looked at by validate/, and only when an account
 * is in use: a module that is loaded and not used disturbs nobody.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <pwd.h>

/* An absolute path into *field. */
static const char *set_path(cmd_parms *cmd, const char **field,
                            const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path;

    if (error)
        return error;
    path = ap_server_root_relative(cmd->pool, arg);
    if (!path || *arg == '\0')
        return apr_psprintf(cmd->pool,
                            "%s '%s' is not a path: write an absolute one, "
                            "or one relative to ServerRoot",
                            cmd->cmd->name, arg);
    *field = path;
    anonid_global_define(field, cmd->directive);
    return NULL;
}

const char *anonid_set_account_file(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return set_path(cmd, &anonid_global()->account_file, arg);
}

const char *anonid_set_agent_program(cmd_parms *cmd, void *dir,
                                     const char *arg)
{
    (void)dir;
    return set_path(cmd, &anonid_global()->agent_program, arg);
}

const char *anonid_set_state_dir(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return set_path(cmd, &anonid_global()->state_dir, arg);
}

const char *anonid_set_agent_user(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    anonid_global_t *global = anonid_global();
    const struct passwd *user;

    (void)dir;
    if (error)
        return error;
    user = getpwnam(arg);
    if (!user)
        return apr_psprintf(cmd->pool,
                            "AnonIDAgentUser '%s': there is no such user; "
                            "create it (a system user without a shell), or "
                            "leave the directive out for one of its own",
                            arg);
    if (user->pw_uid == 0)
        return apr_psprintf(cmd->pool,
                            "AnonIDAgentUser '%s': the agent never runs as "
                            "root; name an unprivileged user, or leave the "
                            "directive out for one of its own",
                            arg);
    global->agent_user = arg;
    global->agent_uid = user->pw_uid;
    global->agent_gid = user->pw_gid;
    anonid_global_define(&global->agent_user, cmd->directive);
    return NULL;
}

const char *anonid_set_help_url(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *c;

    (void)dir;
    if (error)
        return error;
    for (c = arg; *c; c++) {
        if (apr_iscntrl(*c) || *c == ' ')
            return "AnonIDHelpURL holds a space or a control character: "
                   "write a URL";
    }
    if (ap_cstr_casecmpn(arg, "https://", 8) != 0
        && ap_cstr_casecmpn(arg, "http://", 7) != 0
        && ap_cstr_casecmpn(arg, "file:///", 8) != 0)
        return apr_psprintf(cmd->pool,
                            "AnonIDHelpURL '%s' is not a URL of the schemes "
                            "http, https or file",
                            arg);
    if (arg[strcspn(arg, "/") + 2] == '\0')
        return apr_psprintf(cmd->pool, "AnonIDHelpURL '%s' names no host",
                            arg);
    anonid_global()->help_url = arg;
    return NULL;
}
