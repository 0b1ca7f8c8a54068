/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping: which requests get an anonymous account, and what they know of
 * it. The decision is made once per main request and kept with it.
 */
#ifndef ANONID_MODULE_MAP_H
#define ANONID_MODULE_MAP_H

#include <httpd.h>

#include "../common/account.h"

/* The account that this request (or sub-request, or redirect) is mapped to;
 * NULL if it is not mapped. */
const anonid_account_t *anonid_mapped_account(const request_rec *r);

/* Hooks: check-authn, force_authn, fixups, note_auth_failure and so on; the
 * "valid-user" wrapper; the "anonid" authorization provider. */
void anonid_map_register(apr_pool_t *p);
void anonid_valid_user_register(apr_pool_t *p);
void anonid_require_register(apr_pool_t *p);
void anonid_identity_register(apr_pool_t *p);

#endif
