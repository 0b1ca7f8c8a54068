/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default account: IUSR_<hostname>, local, its password synchronised.
 * It exists while no <AnonIDAccount> is defined.
 */
#ifndef ANONID_MODULE_CONFIG_DEFAULT_ACCOUNT_H
#define ANONID_MODULE_CONFIG_DEFAULT_ACCOUNT_H

#include <httpd.h>

#include "common/account.h"

/* "IUSR_" and the short host name of this machine; NULL if the machine has
 * no name that an account could have. */
const char *anonid_default_account_name(apr_pool_t *p);

/* 1 if name is "IUSR_" and this machine's host name, short or full, in any
 * case. */
int anonid_default_account_denoted(apr_pool_t *p, const char *name);

/* The account itself. */
anonid_account_t *anonid_default_account_make(apr_pool_t *p);

#endif
