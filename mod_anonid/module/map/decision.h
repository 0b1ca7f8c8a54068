/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which account a request would be mapped to.
 *
 * Owns rule 1 of the mapping: what counts as another identity. Changes
 * nothing in the request.
 */
#ifndef ANONID_MODULE_MAP_DECISION_H
#define ANONID_MODULE_MAP_DECISION_H

#include <httpd.h>

#include "common/account.h"

/* Who would verify credentials here. */
typedef enum {
    ANONID_AUTH_NONE,  /* nobody: no AuthType, or None */
    ANONID_AUTH_OWN,   /* we: AuthType AnonID, which knows no challenge */
    ANONID_AUTH_NATIVE /* another module */
} anonid_auth_t;

anonid_auth_t anonid_auth_here(request_rec *r);

/* Whether the request's configuration names an account. */
int anonid_maps_here(const request_rec *r);

/* The account, or NULL; why it is none goes to the log (level debug). */
const anonid_account_t *anonid_decide(request_rec *r);

#endif
