/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setters about the status: AnonIDServerStatus, and a look at the core's
 * SetHandler, whether the section that shows the status says who may see it.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

#include <http_config.h>

static const ap_directive_t *first_of_section(const ap_directive_t *directive)
{
    return directive->parent ? directive->parent->first_child : NULL;
}

/* "Require", "<RequireAll", "<RequireAny" or "<RequireNone". */
static int is_require(const ap_directive_t *directive)
{
    const char *name = directive->directive;

    return ap_cstr_casecmpn(name + (*name == '<'), "Require", 7) == 0;
}

int anonid_has_require(const ap_directive_t *directive)
{
    const ap_directive_t *at = first_of_section(directive);

    while (at && !is_require(at))
        at = at->next;
    return at != NULL;
}

/* httpd calls each module that knows a directive. */
const char *anonid_set_handler(cmd_parms *cmd, void *dir, const char *args)
{
    const char *name = ap_getword_conf(cmd->temp_pool, &args);

    if (strcmp(name, "anonid-status") == 0)
        ((anonid_dir_t *)dir)->status_guard =
            anonid_has_require(cmd->directive);
    return NULL;
}

const char *anonid_set_server_status(cmd_parms *cmd, void *dir, int on)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dir;
    if (error)
        return error;
    anonid_global()->server_status = on;
    return NULL;
}
