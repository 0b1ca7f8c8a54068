/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mechanisms that speak GSS-API (RFC 2743) have in common: a context
 * that is established token by token, with a credential that is given
 * explicitly, and what is said when it cannot be. Knows no mechanism.
 */
#ifndef ANONID_AGENT_SASL_GSS_H
#define ANONID_AGENT_SASL_GSS_H

#include "agent/sasl/family.h"

#include <gssapi/gssapi.h>

#define ANONID_GSS_WHY_MAX 320

typedef struct {
    gss_OID mechanism;
    gss_cred_id_t credential;
    gss_name_t target;
    gss_ctx_id_t context;
    OM_uint32 wanted; /* GSS_C_..._FLAG that the context has to have */
    OM_uint32 got;
    int established;
    gss_buffer_desc token; /* the last one made, which a turn points to */
    char why[ANONID_GSS_WHY_MAX];
} anonid_gss_t;

/* The server, as a host-based service: "smtp", "mail.example.com". 1, or 0
 * with a reason in gss->why. */
int anonid_gss_target(anonid_gss_t *gss, const char *service,
                      const char *host);

/* Answers the turn's challenge (none in the first one) with the context's
 * next token. Outcomes: MORE, and when the context is established with all
 * that is wanted of it, DONE. */
void anonid_gss_turn(anonid_gss_t *gss, anonid_sasl_turn_t *turn);

/* Ends a turn with that outcome, and "what: " and the library's sentences as
 * the reason. */
void anonid_gss_fail(anonid_gss_t *gss, anonid_sasl_turn_t *turn,
                     anonid_sasl_outcome_t outcome, const char *what,
                     OM_uint32 major, OM_uint32 minor);

/* Puts the reason together, for failures outside of a turn. */
void anonid_gss_explain(anonid_gss_t *gss, const char *what, OM_uint32 major,
                        OM_uint32 minor);

/* Wipes the last token and releases everything. */
void anonid_gss_end(anonid_gss_t *gss);

#endif
