/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping: which requests get an anonymous account, and what they know of
 * it. This header is for the other parts of the module; what the files of
 * the mapping tell each other is in mapping.h.
 *
 *   access checks ---- force_authn ----> check_authn --> authorization
 *   (httpd's)            map.c             map.c         (httpd's; require.c,
 *                                            |            valid_user.c)
 *                       decision.c: who?     |               |
 *                       tentative.c: is it enough?           v
 *                       logon_state.c: is it logged on?   fixups
 *                                                         inherit.c: carried
 *                                                         into sub-requests
 *                                                         and redirects;
 *                                                         identity.c: what
 *                                                         applications see
 */
#ifndef ANONID_MODULE_MAP_MAP_H
#define ANONID_MODULE_MAP_MAP_H

#include <httpd.h>

#include "common/account.h"

/* The account that this request (or sub-request, or redirect) is mapped to;
 * NULL if it is not mapped. */
const anonid_account_t *anonid_mapped_account(const request_rec *r);

/* Hooks: force_authn and check-authn, which make the decision. */
void anonid_map_register(apr_pool_t *p);

/* Hooks: fixups, which carry it on and let applications see it. */
void anonid_inherit_register(apr_pool_t *p);

/* Hooks: log_transaction. */
void anonid_identity_register(apr_pool_t *p);

/* Hooks: post_read_request and post_perdir_config, which take out what
 * visitors could forge. */
void anonid_forged_register(apr_pool_t *p);

/* The wrapper of `Require valid-user`; hooks: pre_config. */
void anonid_valid_user_register(apr_pool_t *p);

/* `Require anonid`; hooks: pre_config, check_config. */
void anonid_require_register(apr_pool_t *p);

#endif
