/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of directory accounts: who searches for whom, and whether the
 * agent can read the authorities that it is to trust. It must not speak LDAP.
 */
#include "module/validate/validate.h"
#include "module/validate/access_as.h"

#include <apr_strings.h>
#include <fcntl.h>

#define SEARCH_AS "search-as="
#define CA "ca="

/* Where the option with that prefix stands in the account's; NULL: nowhere. */
static const char **find_option(const anonid_account_t *account,
                                const char *prefix)
{
    int i;

    for (i = 0; i < account->options->nelts; i++) {
        const char **option =
            &APR_ARRAY_IDX(account->options, i, const char *);

        if (strncmp(*option, prefix, strlen(prefix)) == 0)
            return option;
    }
    return NULL;
}

/* The account that searches for another; NULL: none, or it is not defined. */
static const anonid_account_t *searcher(const anonid_account_t *account)
{
    const char **option = find_option(account, SEARCH_AS);

    return option ? anonid_global_account(*option + strlen(SEARCH_AS)) : NULL;
}

/* 1 if who searches for the account is searched for by the account. */
static int is_circle(const anonid_account_t *account)
{
    const anonid_account_t *at = searcher(account);
    int steps = anonid_global()->accounts->nelts;

    while (at && at != account && steps-- > 0)
        at = searcher(at);
    return at == account;
}

/* What is wrong with the account that searches. */
static const char *wrong_searcher(const anonid_account_t *account)
{
    const anonid_account_t *other = searcher(account);

    if (!other)
        return "there is no such account; define it with <AnonIDAccount>";
    if (other->provider != ANONID_PROVIDER_LDAP)
        return "that account is in no directory; name one with AnonIDLogon "
               "ldap";
    if (is_circle(account))
        return "it would be searched for by the account that it searches "
               "for; name one whose AnonIDLogon has a DN";
    return NULL;
}

/* Also writes the name as its definition does, which the agent looks for. */
static void check_searcher(anonid_check_t *check,
                           const anonid_account_t *account)
{
    const char **option = find_option(account, SEARCH_AS);
    const char *wrong = option ? wrong_searcher(account) : NULL;

    if (wrong)
        anonid_check_error(check, anonid_global_definition(*option),
                           "AnonIDLogonSearchAs '%s': %s",
                           *option + strlen(SEARCH_AS), wrong);
    else if (option)
        *option =
            apr_pstrcat(check->p, SEARCH_AS, searcher(account)->name, NULL);
}

static void check_authorities(anonid_check_t *check,
                              const anonid_account_t *account)
{
    const anonid_global_t *global = anonid_global();
    const char **option = find_option(account, CA);

    if (option && !anonid_config_is_restart()
        && !anonid_access_as(global->agent_uid, global->agent_gid,
                             *option + strlen(CA), O_RDONLY))
        anonid_check_error(check, anonid_global_definition(*option),
                           "AnonIDLogonTLS %s: the agent's user cannot read "
                           "that file; certificates are no secret, so make "
                           "it readable for all (chmod a+r), and the folders "
                           "above it open",
                           *option);
}

void anonid_check_ldap(anonid_check_t *check)
{
    const apr_array_header_t *accounts = anonid_global()->accounts;
    int i;

    for (i = 0; i < accounts->nelts; i++) {
        const anonid_account_t *account =
            APR_ARRAY_IDX(accounts, i, const anonid_account_t *);

        if (account->provider == ANONID_PROVIDER_LDAP)
            check_searcher(check, account);
        check_authorities(check, account);
    }
}
