/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default account; see default_account.h.
 */
#include "module/config/default_account.h"

#include <apr_network_io.h>
#include <apr_strings.h>

#define PREFIX "IUSR_"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

/* As the kernel has it, which may be short or full. No name server is asked:
 * the name of an account must not depend on one. */
static const char *host_name(apr_pool_t *p)
{
    char name[APRMAXHOSTLEN + 1] = "";

    if (apr_gethostname(name, sizeof(name), p) != APR_SUCCESS || !*name)
        return NULL;
    return apr_pstrdup(p, name);
}

const char *anonid_default_account_name(apr_pool_t *p)
{
    const char *host = host_name(p);
    const char *name;

    if (!host)
        return NULL;
    name = apr_pstrcat(p, PREFIX, apr_pstrmemdup(p, host, strcspn(host, ".")),
                       NULL);
    return anonid_account_name_error(name) ? NULL : name;
}

int anonid_default_account_denoted(apr_pool_t *p, const char *name)
{
    const char *host = host_name(p);
    size_t length;

    if (!host || ap_cstr_casecmpn(name, PREFIX, PREFIX_LENGTH) != 0)
        return 0;
    name += PREFIX_LENGTH;
    length = strcspn(host, ".");
    if (strcspn(name, ".") != length
        || ap_cstr_casecmpn(name, host, length) != 0)
        return 0;
    return name[length] == '\0' || host[length] == '\0'
           || ap_cstr_casecmp(name, host) == 0;
}

anonid_account_t *anonid_default_account_make(apr_pool_t *p)
{
    const char *name = anonid_default_account_name(p);
    anonid_account_t *account;

    if (!name)
        return NULL;
    account = anonid_account_make(p, name);
    account->sync = 1;
    return account;
}
