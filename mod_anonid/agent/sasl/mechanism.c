/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a SASL mechanism; see mechanism.h.
 */
#include "agent/sasl/mechanism.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The row of a mechanism that is in this build, or NULL. */
static const anonid_mechanism_info_t *find(const char *name)
{
    const anonid_mechanism_info_t *info = anonid_mechanism_find(name);

    return info && info->state == ANONID_MECHANISM_AVAILABLE ? info : NULL;
}

/* 1 if the word stands in a list of words. */
static int listed(const char *list, const char *word)
{
    size_t n = strlen(word);

    while (*list) {
        size_t length = strcspn(list, " ");

        if (length == n && strncasecmp(list, word, n) == 0)
            return 1;
        list += length;
        list += strspn(list, " ");
    }
    return 0;
}

static int allows(const apr_array_header_t *allowed, const char *name)
{
    for (int i = 0; i < allowed->nelts; i++) {
        if (strcasecmp(APR_ARRAY_IDX(allowed, i, const char *), name) == 0)
            return 1;
    }
    return 0;
}

/* What an account that cannot use the mechanism lacks. */
static const char *missing_proof(const anonid_mechanism_info_t *info)
{
    if (info->proof == ANONID_PROOF_TICKET)
        return "needs a Kerberos ticket, which the account does not have";
    if (info->proof == ANONID_PROOF_TOKEN)
        return "needs a token, which the account does not have";
    return "needs a password, which the account does not have";
}

static const char not_installed[] = "needs a library that is not installed";

/* NULL, or why the connection rules an offered mechanism out. */
static const char *obstacle(const anonid_mechanism_info_t *info,
                            const anonid_mechanism_terms_t *terms)
{
    if ((info->flags & ANONID_MECHANISM_REVEALS) && !terms->private)
        return "would send the password in the clear";
    if ((info->flags & ANONID_MECHANISM_BINDS) && !terms->binding)
        return "needs TLS";
    if (!(info->proof & terms->proofs))
        return missing_proof(info);
    if (!terms->supported(info->base))
        return not_installed;
    return NULL;
}

/* "y" tells the server that a missing -PLUS was taken out of its offer by
 * somebody in between, if it did offer one. */
static anonid_binding_use_t binding_use(const anonid_mechanism_info_t *info,
                                        const apr_array_header_t *allowed,
                                        const char *offered,
                                        const anonid_mechanism_terms_t *terms)
{
    char plus[64];

    if (info->flags & ANONID_MECHANISM_BINDS)
        return ANONID_BINDING_USED;
    snprintf(plus, sizeof(plus), "%s-PLUS", info->name);
    if ((info->flags & ANONID_MECHANISM_SCRAM) && terms->binding
        && allows(allowed, plus) && !listed(offered, plus))
        return ANONID_BINDING_UNUSED;
    return ANONID_BINDING_NONE;
}

/* "server offers ...; AnonIDMechanism allows ..." and the obstacles. */
static void explain(const apr_array_header_t *allowed, const char *offered,
                    const anonid_mechanism_terms_t *terms, char *why,
                    size_t size)
{
    size_t used;

    snprintf(why, size, "no mechanism to log on with: the server offers %s",
             *offered ? offered : "none");
    for (int i = 0; i < allowed->nelts; i++) {
        const char *name = APR_ARRAY_IDX(allowed, i, const char *);
        const anonid_mechanism_info_t *info = find(name);
        const char *reason =
            info ? obstacle(info, terms) : "is not in this build";

        used = strlen(why);
        if (!listed(offered, name))
            snprintf(why + used, size - used, "; %s is not offered", name);
        else if (reason == not_installed && info->library)
            snprintf(why + used, size - used, "; %s %s: %s", name, reason,
                     info->library);
        else
            snprintf(why + used, size - used, "; %s %s", name, reason);
    }
}

int anonid_mechanism_choose(const apr_array_header_t *allowed,
                            const char *offered,
                            const anonid_mechanism_terms_t *terms,
                            anonid_mechanism_t *choice, char *why, size_t size)
{
    for (int i = 0; i < allowed->nelts; i++) {
        const char *name = APR_ARRAY_IDX(allowed, i, const char *);
        const anonid_mechanism_info_t *info = find(name);

        if (!info || !listed(offered, name) || obstacle(info, terms))
            continue;
        choice->info = info;
        choice->binding = binding_use(info, allowed, offered, terms);
        return 1;
    }
    explain(allowed, offered, terms, why, size);
    return 0;
}
