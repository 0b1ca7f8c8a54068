/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an account concerns: the servers whose requests may be mapped to it.
 * Found out once for a configuration, so that a warning need not look at
 * every virtual host. Writes no log.
 */
#ifndef ANONID_MODULE_SUPERVISOR_AUDIENCE_H
#define ANONID_MODULE_SUPERVISOR_AUDIENCE_H

#include <httpd.h>

#include "common/account.h"

typedef struct anonid_audience_t anonid_audience_t;

/* For the checked configuration of that main server. */
anonid_audience_t *anonid_audience_make(apr_pool_t *pool, server_rec *main);

/* Calls `tell` for the main server, whatever it maps to, and for each virtual
 * host whose requests may be mapped to the account. */
typedef void (*anonid_audience_tell_t)(void *context, server_rec *s);
void anonid_audience_each(const anonid_audience_t *audience,
                          const anonid_account_t *account,
                          anonid_audience_tell_t tell, void *context);

#endif
