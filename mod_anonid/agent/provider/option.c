/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of an account; see option.h.
 */
#include "agent/provider/option.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 86400

const char *anonid_account_option(const anonid_account_t *account,
                                  const char *name)
{
    size_t length = strlen(name);

    for (int i = 0; i < account->options->nelts; i++) {
        const char *option = APR_ARRAY_IDX(account->options, i, const char *);

        if (strncmp(option, name, length) == 0 && option[length] == '=')
            return option + length + 1;
    }
    return NULL;
}

int anonid_account_option_seconds(const anonid_account_t *account,
                                  const char *name, int fallback)
{
    const char *value = anonid_account_option(account, name);
    char *end;
    long seconds;

    if (!value)
        return fallback;
    seconds = strtol(value, &end, 10);
    if (*end || end == value || seconds < 1 || seconds > SECONDS_MAX)
        return fallback;
    return (int)seconds;
}

const char *anonid_account_helper(const anonid_account_t *account)
{
    return anonid_account_option(account, "search-as");
}
