/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a SASL mechanism; see mechanism.h.
 */
#include "agent/sasl/mechanism.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    REVEALS = 1, /* sends the password itself */
    BINDS = 2,   /* bound to the TLS channel */
    SCRAM = 4,
    PASSWORD = 8 /* works from a password */
};

typedef struct {
    const char *name;
    const char *base;
    unsigned flags;
} mechanism_row_t;

/* Every mechanism that this build speaks; GSSAPI and NTLM will be rows. */
static const mechanism_row_t mechanisms[] = {
    { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", BINDS | SCRAM | PASSWORD },
    { "SCRAM-SHA-256", "SCRAM-SHA-256", SCRAM | PASSWORD },
    { "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", BINDS | SCRAM | PASSWORD },
    { "SCRAM-SHA-1", "SCRAM-SHA-1", SCRAM | PASSWORD },
    { "CRAM-MD5", "CRAM-MD5", PASSWORD },
    { "PLAIN", "PLAIN", REVEALS | PASSWORD },
};

#define N_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static const mechanism_row_t *find(const char *name)
{
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (strcasecmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    }
    return NULL;
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

/* NULL, or why the connection rules an offered mechanism out. */
static const char *obstacle(const mechanism_row_t *row,
                            const anonid_mechanism_terms_t *terms)
{
    if ((row->flags & REVEALS) && !terms->private)
        return "would send the password in the clear";
    if ((row->flags & BINDS) && !terms->binding)
        return "needs TLS";
    if ((row->flags & PASSWORD) && !terms->password)
        return "needs a password, which the account does not have";
    if (!terms->supported(row->base))
        return "is not supported by the installed libsasl2 modules";
    return NULL;
}

/* "y" tells the server that a missing -PLUS was taken out of its offer by
 * somebody in between, if it did offer one. */
static anonid_binding_use_t binding_use(const mechanism_row_t *row,
                                        const apr_array_header_t *allowed,
                                        const char *offered,
                                        const anonid_mechanism_terms_t *terms)
{
    char plus[64];

    if (row->flags & BINDS)
        return ANONID_BINDING_USED;
    snprintf(plus, sizeof(plus), "%s-PLUS", row->name);
    if ((row->flags & SCRAM) && terms->binding && allows(allowed, plus)
        && !listed(offered, plus))
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
        const mechanism_row_t *row = find(name);
        const char *reason =
            row ? obstacle(row, terms) : "is not in this build";

        used = strlen(why);
        if (!listed(offered, name))
            snprintf(why + used, size - used, "; %s is not offered", name);
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
        const mechanism_row_t *row = find(name);

        if (!row || !listed(offered, name) || obstacle(row, terms))
            continue;
        choice->name = row->name;
        choice->base = row->base;
        choice->scram = (row->flags & SCRAM) != 0;
        choice->reveals = (row->flags & REVEALS) != 0;
        choice->binding = binding_use(row, allowed, offered, terms);
        return 1;
    }
    explain(allowed, offered, terms, why, size);
    return 0;
}
