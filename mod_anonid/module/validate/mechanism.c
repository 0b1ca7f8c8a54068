/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that an account and a mail service that it is used with can meet:
 * one of the service's mechanisms works from what the account can show.
 */
#include "module/validate/pairs.h"

#include "common/mechanism.h"

#include <apr_strings.h>

static int can_meet(const anonid_use_t *use)
{
    const apr_array_header_t *names = use->service->mechanisms;
    unsigned proofs = anonid_account_proofs(use->account);
    int i;

    for (i = 0; i < names->nelts; i++) {
        const anonid_mechanism_info_t *info =
            anonid_mechanism_find(APR_ARRAY_IDX(names, i, const char *));

        if (info && anonid_mechanism_suits(info, proofs))
            return 1;
    }
    return 0;
}

/* "a password", "a Kerberos ticket"; what it has beside a keytab. */
static const char *proofs_text(unsigned proofs)
{
    if (proofs & ANONID_PROOF_PASSWORD)
        return "a password";
    if (proofs & ANONID_PROOF_TICKET)
        return "a keytab, so Kerberos tickets and no password";
    if (proofs & ANONID_PROOF_TOKEN)
        return "an access token";
    return "neither password nor ticket";
}

/* "X, Y": mechanisms of this build that would suit; NULL: none. */
static const char *suitable(apr_pool_t *p, unsigned proofs)
{
    const char *names = NULL;
    size_t i;

    for (i = 0; anonid_mechanism_at(i); i++) {
        const anonid_mechanism_info_t *info = anonid_mechanism_at(i);

        if (anonid_mechanism_suits(info, proofs))
            names = names ? apr_pstrcat(p, names, ", ", info->name, NULL)
                          : info->name;
    }
    return names;
}

static const char *remedy(apr_pool_t *p, unsigned proofs)
{
    const char *names = suitable(p, proofs);

    if (!names)
        return "give the account a password: AnonIDSecret file:PATH";
    return apr_psprintf(p, "add one of these with AnonIDMechanism: %s", names);
}

static void refuse(anonid_check_t *check, const anonid_use_t *use)
{
    unsigned proofs = anonid_account_proofs(use->account);

    anonid_check_error(
        check, use->at,
        "AnonIDMail '%s': the account '%s' cannot log on to it: it has %s, "
        "and "
        "no mechanism of the service (AnonIDMechanism %s) works from that in "
        "this build; %s",
        use->service->name, use->account->name, proofs_text(proofs),
        apr_array_pstrcat(check->p, use->service->mechanisms, ' '),
        remedy(check->p, proofs));
}

void anonid_check_mechanisms(anonid_check_t *check)
{
    int i;

    for (i = 0; i < check->uses->nelts; i++) {
        const anonid_use_t *use = &APR_ARRAY_IDX(check->uses, i, anonid_use_t);

        if (!can_meet(use))
            refuse(check, use);
    }
}
