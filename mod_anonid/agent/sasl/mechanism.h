/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which SASL mechanism a login uses: the best of the service's list that the
 * server offers and that the connection allows. Chosen once per connection;
 * after a failure nothing weaker is tried. Knows no library.
 */
#ifndef ANONID_AGENT_SASL_MECHANISM_H
#define ANONID_AGENT_SASL_MECHANISM_H

#include "common/mechanism.h"

#include <apr_tables.h>
#include <stddef.h>

typedef struct {
    int private;     /* verified TLS, or a server on this machine */
    int binding;     /* channel binding can be had */
    unsigned proofs; /* ANONID_PROOF_... that the account has */
    /* 1 if the mechanism can be spoken; the name without "-PLUS". */
    int (*supported)(const char *name);
} anonid_mechanism_terms_t;

/* What SCRAM says about channel binding (RFC 5802 section 6). */
typedef enum {
    ANONID_BINDING_NONE,   /* "n": this side does not do it */
    ANONID_BINDING_UNUSED, /* "y": it would, but the server did not offer it */
    ANONID_BINDING_USED    /* "p" */
} anonid_binding_use_t;

typedef struct {
    const anonid_mechanism_info_t *info;
    anonid_binding_use_t binding;
} anonid_mechanism_t;

/* Chooses among `allowed` (const char *, best first) and `offered` (names
 * with blanks between). 1 and *choice, or 0 and a sentence in why. */
int anonid_mechanism_choose(const apr_array_header_t *allowed,
                            const char *offered,
                            const anonid_mechanism_terms_t *terms,
                            anonid_mechanism_t *choice, char *why,
                            size_t size);

#endif
