/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the configuration: defaults are filled in, references resolved,
 * and the checks run that no single directive can make. This is the last that
 * httpd -t does. It must not start, create or open anything.
 */
#include "module/validate/validate.h"
#include "module/config/default_account.h"
#include "module/validate/pairs.h"

#include "common/build.h"
#include "common/warning.h"

#include <apr_strings.h>

/* Enough to see what was meant, also among ten thousand. */
#define NAMES_MAX 20

static void fill_defaults(apr_pool_t *p)
{
    anonid_global_t *global = anonid_global();

    if (!global->state_dir)
        global->state_dir = ap_runtime_dir_relative(p, "anonid");
    if (!global->account_file)
        global->account_file =
            apr_pstrcat(p, global->state_dir, "/accounts", NULL);
    if (!global->agent_program)
        global->agent_program = ANONID_AGENT_PROGRAM;
    if (!global->help_url)
        global->help_url = ANONID_DEFAULT_HELP_URL;
}

/* "a, b, c"; names is NULL at first. */
static const char *add_name(apr_pool_t *p, const char *names, int count,
                            const char *name)
{
    if (count == NAMES_MAX)
        return apr_pstrcat(p, names, ", ...", NULL);
    if (count > NAMES_MAX)
        return names;
    return names ? apr_pstrcat(p, names, ", ", name, NULL) : name;
}

static const char *account_names(apr_pool_t *p)
{
    const apr_array_header_t *accounts = anonid_global()->accounts;
    const char *names = NULL;
    int i;

    for (i = 0; i < accounts->nelts; i++)
        names = add_name(
            p, names, i,
            APR_ARRAY_IDX(accounts, i, const anonid_account_t *)->name);
    return names;
}

static const char *service_names(apr_pool_t *p)
{
    const apr_array_header_t *services = anonid_global()->services;
    const char *names = NULL;
    int i;

    for (i = 0; i < services->nelts; i++)
        names = add_name(
            p, names, i,
            APR_ARRAY_IDX(services, i, const anonid_service_t *)->name);
    return names;
}

/* The default account, made when it is first asked for; NULL: not possible,
 * which has been reported. */
static const anonid_account_t *default_account(anonid_check_t *check,
                                               const ap_directive_t *at)
{
    const char *name;
    anonid_account_t *account;

    if (check->standard)
        return check->standard;
    name = anonid_default_account_name(check->p);
    if (!name) {
        anonid_check_error(check, at,
                           "AnonIDMapTo: the default account is named for "
                           "this machine, whose host name cannot be part of "
                           "a name; define an <AnonIDAccount> and name it");
        return NULL;
    }
    account = anonid_default_account_make(check->p);
    anonid_global_add_account(account, NULL);
    check->standard = account;
    return account;
}

static void unknown_account(anonid_check_t *check,
                            const anonid_reference_t *reference)
{
    const char *standard = anonid_default_account_name(check->p);
    const char *names = account_names(check->p);

    if (!reference->name)
        anonid_check_error(check, reference->directive,
                           "AnonIDMapTo without a name means the default "
                           "account, which is there only while no "
                           "<AnonIDAccount> is defined; write one of: %s",
                           names);
    else if (names)
        anonid_check_error(check, reference->directive,
                           "AnonIDMapTo '%s': there is no such account; "
                           "define it with <AnonIDAccount>, or write one of: "
                           "%s",
                           reference->name, names);
    else
        anonid_check_error(check, reference->directive,
                           "AnonIDMapTo '%s': there is no such account; "
                           "define it with <AnonIDAccount>, or write "
                           "AnonIDMapTo alone for the default account '%s'",
                           reference->name, standard ? standard : "IUSR_");
}

/* The account that a reference means. defined: whether the configuration
 * defines any. */
static const anonid_account_t *find_account(anonid_check_t *check,
                                            const anonid_reference_t *map_to,
                                            int defined)
{
    const anonid_account_t *account = NULL;
    const char *name = map_to->name;

    if (!defined && (!name || anonid_default_account_denoted(check->p, name)))
        return default_account(check, map_to->directive);
    if (!name)
        name = anonid_default_account_name(check->p);
    if (defined && name)
        account = anonid_global_account(name);
    if (!account)
        unknown_account(check, map_to);
    return account;
}

static const anonid_service_t *find_service(anonid_check_t *check,
                                            const anonid_reference_t *mail)
{
    const anonid_service_t *service = anonid_global_service(mail->name);
    const char *names = service_names(check->p);

    if (service)
        return service;
    anonid_check_error(check, mail->directive,
                       "AnonIDMail '%s': there is no such mail service; "
                       "define it with <AnonIDMailService>%s%s",
                       mail->name, names ? ", or write one of: " : "",
                       names ? names : "");
    return NULL;
}

static void resolve_references(anonid_check_t *check)
{
    anonid_global_t *global = anonid_global();
    int defined = global->accounts->nelts > 0;
    int i;

    for (i = 0; i < global->references->nelts; i++) {
        anonid_reference_t *reference =
            APR_ARRAY_IDX(global->references, i, anonid_reference_t *);

        if (reference->is_mail)
            reference->service = find_service(check, reference);
        else if (!reference->none)
            reference->account = find_account(check, reference, defined);
    }
}

static int hook_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp, server_rec *s)
{
    anonid_check_t check = { pconf, s, 0, NULL, NULL };
    const anonid_global_t *global = anonid_global();

    (void)plog;
    (void)ptemp;
    fill_defaults(pconf);
    resolve_references(&check);
    anonid_pairs_find(&check);
    anonid_check_listeners(&check);
    if (global->accounts->nelts > 0 || global->services->nelts > 0) {
        anonid_check_agent(&check);
        anonid_check_accounts(&check);
        anonid_check_mail_servers(&check);
        anonid_check_ldap(&check);
        anonid_check_sync(&check);
        anonid_check_mechanisms(&check);
        anonid_check_senders(&check);
    }
    anonid_check_forms(&check);
    anonid_check_limit_store(&check);
    anonid_check_handlers(&check);
    return check.errors ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

void anonid_config_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_check_config(hook_check_config, NULL, NULL, APR_HOOK_MIDDLE);
}
