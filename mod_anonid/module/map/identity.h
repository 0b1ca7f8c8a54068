/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications and back ends see of a mapped request.
 *
 * Owns REMOTE_USER, AUTH_TYPE and ANONID_ACCOUNT. Does not decide who is
 * mapped.
 */
#ifndef ANONID_MODULE_MAP_IDENTITY_H
#define ANONID_MODULE_MAP_IDENTITY_H

#include "module/map/mapping.h"

/* Once the request is authorized: r->user becomes what AnonIDRemoteUser says
 * and ANONID_ACCOUNT the account's name; a request that is not mapped loses
 * ANONID_ACCOUNT. Can be repeated. */
void anonid_identity_show(request_rec *r, anonid_mapping_t *mapping);

/* Takes from a sub-request or redirect whatever of our identities httpd has
 * handed down from the requests it comes from. */
void anonid_identity_forget_origin(request_rec *r);

#endif
