/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMechanism: which SASL mechanisms a mail service may use. What there
 * are is in the table that the agent looks at, too.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

#include "common/mechanism.h"

#include <apr_strings.h>

static const char *available_names(apr_pool_t *p)
{
    const char *names = "";
    size_t i;

    for (i = 0; anonid_mechanism_at(i); i++) {
        const anonid_mechanism_info_t *info = anonid_mechanism_at(i);

        if (info->state == ANONID_MECHANISM_AVAILABLE)
            names =
                apr_pstrcat(p, names, *names ? ", " : "", info->name, NULL);
    }
    return names;
}

static const char *refusal(cmd_parms *cmd, const char *word,
                           const char *reason)
{
    return apr_psprintf(cmd->pool, "AnonIDMechanism '%s' %s; write one of: %s",
                        word, reason, available_names(cmd->temp_pool));
}

static int is_listed(const anonid_service_t *service, const char *name)
{
    int i;

    for (i = 0; i < service->mechanisms->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(service->mechanisms, i, const char *), name)
            == 0)
            return 1;
    }
    return 0;
}

static const char *add_mechanism(cmd_parms *cmd, anonid_service_t *service,
                                 const char *word)
{
    const anonid_mechanism_info_t *info = anonid_mechanism_find(word);

    if (!info)
        return refusal(cmd, word, "is unknown");
    if (info->state == ANONID_MECHANISM_REFUSED)
        return refusal(cmd, word,
                       "is not supported, because PLAIN does the same in "
                       "one step");
    if (is_listed(service, info->name))
        return apr_psprintf(cmd->pool,
                            "AnonIDMechanism '%s' is listed twice: remove "
                            "one of them",
                            word);
    APR_ARRAY_PUSH(service->mechanisms, const char *) = info->name;
    return NULL;
}

const char *anonid_set_mechanism(cmd_parms *cmd, void *dir, int argc,
                                 char *const argv[])
{
    anonid_service_t *service = anonid_global()->open_service;
    const char *error = NULL;
    int i;

    (void)dir;
    if (!service)
        return "AnonIDMechanism belongs inside <AnonIDMailService name>";
    if (argc == 0)
        return "AnonIDMechanism names no mechanism; write one or more, the "
               "best first, or leave it out for the default";
    apr_array_clear(service->mechanisms);
    for (i = 0; i < argc && !error; i++)
        error = add_mechanism(cmd, service, argv[i]);
    return error;
}
