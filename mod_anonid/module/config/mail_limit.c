/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMailLimit; see mail_limit.h. How a limit is written is
 * common/limit.c's.
 */
#include "module/config/mail_limit.h"
#include "module/config/directives.h"

#include <apr_strings.h>

static const anonid_limit_t *limit_at(const anonid_service_t *service, int i)
{
    return &APR_ARRAY_IDX(service->limits, i, anonid_limit_t);
}

/* The first limit of messages, or NULL. */
static const anonid_limit_t *find_of_messages(const anonid_service_t *service)
{
    for (int i = 0; i < service->limits->nelts; i++) {
        if (limit_at(service, i)->kind == ANONID_LIMIT_MESSAGES)
            return limit_at(service, i);
    }
    return NULL;
}

static int is_listed(const anonid_service_t *service, const char *text)
{
    for (int i = 0; i < service->limits->nelts; i++) {
        if (strcmp(limit_at(service, i)->text, text) == 0)
            return 1;
    }
    return 0;
}

/* The words of a line, some of which may be in quotes. */
static const char *words_of(apr_pool_t *pool, const char *args)
{
    const char *words = ap_getword_conf(pool, &args);

    while (*args)
        words =
            apr_pstrcat(pool, words, " ", ap_getword_conf(pool, &args), NULL);
    return words;
}

static const char *add(cmd_parms *cmd, anonid_service_t *service,
                       const char *words)
{
    anonid_limit_t limit;
    const char *wrong = anonid_limit_parse(&limit, words, cmd->pool);

    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDMailLimit %s: %s", words, wrong);
    if (is_listed(service, limit.text))
        return apr_psprintf(cmd->pool,
                            "AnonIDMailLimit %s is given twice in "
                            "<AnonIDMailService %s>: remove one of them",
                            limit.text, service->name);
    if (service->limits->nelts == ANONID_LIMITS_MAX)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailLimit %s: <AnonIDMailService %s> has "
                            "%d limits already, which is the most it can "
                            "have; remove some",
                            limit.text, service->name, ANONID_LIMITS_MAX);
    APR_ARRAY_PUSH(service->limits, anonid_limit_t) = limit;
    return NULL;
}

const char *anonid_set_mail_limit(cmd_parms *cmd, void *dir, const char *args)
{
    anonid_service_t *service = anonid_global()->open_service;

    (void)dir;
    if (!service)
        return "AnonIDMailLimit belongs inside <AnonIDMailService name>";
    args = words_of(cmd->pool, args);
    if (ap_cstr_casecmp(args, "off") != 0)
        return add(cmd, service, args);
    service->limits_off = 1;
    return NULL;
}

/* An alias with more addresses than may be written to at once could never be
 * written to. */
static const char *check_alias(cmd_parms *cmd, const anonid_service_t *service,
                               const anonid_limit_t *limit)
{
    for (int i = 0; i < service->recipients->nelts; i++) {
        const anonid_recipient_t *recipient =
            &APR_ARRAY_IDX(service->recipients, i, anonid_recipient_t);

        if (recipient->addresses->nelts > (int)limit->burst)
            return apr_psprintf(
                cmd->pool,
                "AnonIDMailLimit %s in <AnonIDMailService %s>: the recipient "
                "'%s' has %d addresses, so no message to it would ever be "
                "sent; write a burst of %d at least",
                limit->text, service->name, recipient->alias,
                recipient->addresses->nelts, recipient->addresses->nelts);
    }
    return NULL;
}

static const char *check_aliases(cmd_parms *cmd,
                                 const anonid_service_t *service)
{
    const char *error = NULL;

    for (int i = 0; i < service->limits->nelts && !error; i++) {
        if (limit_at(service, i)->kind == ANONID_LIMIT_RECIPIENTS)
            error = check_alias(cmd, service, limit_at(service, i));
    }
    return error;
}

const char *anonid_mail_limits_conclude(cmd_parms *cmd,
                                        anonid_service_t *service)
{
    const anonid_limit_t *of_messages = find_of_messages(service);

    if (service->limits_off && of_messages)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailLimit off in <AnonIDMailService %s> "
                            "contradicts AnonIDMailLimit %s: remove one of "
                            "them",
                            service->name, of_messages->text);
    if (!service->limits_off && !of_messages && service->mail_from)
        anonid_limit_add_defaults(service->limits, cmd->pool);
    return check_aliases(cmd, service);
}
