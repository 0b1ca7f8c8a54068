/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account's options for its provider: "name=value" texts that the
 * configuration has checked.
 */
#ifndef ANONID_AGENT_PROVIDER_OPTION_H
#define ANONID_AGENT_PROVIDER_OPTION_H

#include "common/account.h"

/* The value of the first option with that name, or NULL. */
const char *anonid_account_option(const anonid_account_t *account,
                                  const char *name);

/* The same as seconds (1 to 86,400); the fallback if it is absent or not
 * such a number. */
int anonid_account_option_seconds(const anonid_account_t *account,
                                  const char *name, int fallback);

/* The account that this one needs to log on, because it searches for it; NULL:
 * it needs none. */
const char *anonid_account_helper(const anonid_account_t *account);

#endif
