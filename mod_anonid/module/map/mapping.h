/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note that a request keeps of its mapping.
 *
 * Owns the note, and putting an account on a request and taking it off
 * again without a trace. Does not know when either has to happen.
 */
#ifndef ANONID_MODULE_MAP_MAPPING_H
#define ANONID_MODULE_MAP_MAPPING_H

#include <httpd.h>
#include <http_config.h>

#include "common/account.h"

typedef struct {
    const ap_conf_vector_t *config;    /* what it was decided under */
    const anonid_account_t *candidate; /* whom it may be mapped to; NULL: not
                                          to be mapped */
    const anonid_account_t *account;   /* whom it is mapped to; NULL: nobody */
    const char *user;                  /* our r->user while it is mapped */
} anonid_mapping_t;

/* The note of a request, or NULL. Its decision may be of another
 * configuration than the request's after a fast redirect. */
anonid_mapping_t *anonid_mapping_note(const request_rec *r);

/* The note, if the decision was made under the request's configuration. */
anonid_mapping_t *anonid_mapping_current(const request_rec *r);

/* Notes a decision under the request's configuration; takes an older
 * mapping off. candidate may be NULL. Never NULL. */
anonid_mapping_t *anonid_mapping_decide(request_rec *r,
                                        const anonid_account_t *candidate);

/* Maps the request to its candidate: r->user, r->ap_auth_type. */
void anonid_mapping_apply(request_rec *r, anonid_mapping_t *mapping);

/* Counts the request as mapped, now that this is certain; sub-requests and
 * redirects are part of a visitor's one. */
void anonid_mapping_count(const request_rec *r,
                          const anonid_mapping_t *mapping);

/* Takes the mapping off: r->user and r->ap_auth_type become NULL if they are
 * still ours. It is not tried again under this configuration. */
void anonid_mapping_undo(request_rec *r, anonid_mapping_t *mapping);

/* Whether r->user is what we made it. */
int anonid_mapping_is_ours(const request_rec *r,
                           const anonid_mapping_t *mapping);

/* The request that this one comes from: the one before an internal redirect,
 * else the one that a sub-request belongs to, else NULL. */
const request_rec *anonid_mapping_origin(const request_rec *r);

#endif
