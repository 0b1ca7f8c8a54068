/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a container; see container.h. It must not know which there are.
 */
#include "module/config/container.h"

#include <apr_strings.h>

const char *anonid_container_word(cmd_parms *cmd, const char *args,
                                  const char **word)
{
    const char *wrong = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *end = strrchr(args, '>');
    const char *rest;

    if (wrong)
        return wrong;
    if (!end)
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           "> directive missing closing '>'", NULL);
    rest = apr_pstrmemdup(cmd->temp_pool, args, end - args);
    *word = ap_getword_conf(cmd->pool, &rest);
    if (**word == '\0' || *rest != '\0')
        return apr_pstrcat(cmd->pool, cmd->cmd->name, "> takes one argument, ",
                           cmd->cmd->errmsg, NULL);
    return NULL;
}

const char *anonid_container_twice(cmd_parms *cmd,
                                   const anonid_container_t *container,
                                   const char *name,
                                   const ap_directive_t *first)
{
    return apr_psprintf(cmd->pool,
                        "%s %s> is defined twice: remove one of them (the "
                        "first is on line %d of %s)",
                        container->name, name, first->line_num,
                        first->filename);
}

const char *anonid_container_outside(cmd_parms *cmd,
                                     const anonid_container_t *container)
{
    return apr_psprintf(cmd->pool, "%s belongs inside %s name>",
                        cmd->cmd->name, container->name);
}

static const anonid_container_item_t *
find_item(const anonid_container_t *container, const char *name)
{
    int i;

    for (i = 0; i < container->n_items; i++) {
        if (ap_cstr_casecmp(container->items[i].name, name) == 0)
            return &container->items[i];
    }
    return NULL;
}

static const char *item_names(apr_pool_t *p,
                              const anonid_container_t *container)
{
    const char *names = "";
    int i;

    for (i = 0; i < container->n_items; i++)
        names = apr_pstrcat(p, names, i > 0 ? ", " : "",
                            container->items[i].name, NULL);
    return names;
}

static const ap_directive_t *find_child(const ap_directive_t *container,
                                        const char *name)
{
    const ap_directive_t *child = container->first_child;

    while (child && ap_cstr_casecmp(child->directive, name) != 0)
        child = child->next;
    return child;
}

/* NULL if the directive may stand where it does. */
static const char *check_child(cmd_parms *cmd, const ap_directive_t *child,
                               const anonid_container_t *container)
{
    const anonid_container_item_t *item =
        find_item(container, child->directive);
    const ap_directive_t *first;

    if (!item)
        return apr_psprintf(cmd->pool,
                            "%s cannot stand inside %s>, which holds only: %s",
                            child->directive, container->name,
                            item_names(cmd->temp_pool, container));
    if (!item->once)
        return NULL;
    first = find_child(cmd->directive, item->name);
    if (first == child)
        return NULL;
    return apr_psprintf(cmd->pool,
                        "%s is given twice in the same %s>: remove one of "
                        "them (the first is on line %d)",
                        item->name, container->name, first->line_num);
}

const char *anonid_container_read(cmd_parms *cmd,
                                  const anonid_container_t *container)
{
    ap_directive_t *own = cmd->directive;
    const ap_directive_t *child;
    const char *error;

    for (child = own->first_child; child; child = child->next) {
        error = check_child(cmd, child, container);
        if (error) {
            cmd->err_directive = child;
            return error;
        }
    }
    error = ap_walk_config(own->first_child, cmd, cmd->context);
    cmd->directive = own;
    return error;
}

const char *anonid_container_blame(cmd_parms *cmd, const char *name,
                                   const char *error)
{
    const ap_directive_t *child = find_child(cmd->directive, name);

    if (error && child)
        cmd->err_directive = child;
    return error;
}
