/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A family of mechanisms, to the engine: a table of functions in a file of
 * its own. A login's turns come one after another, on the event loop or on
 * the thread pool, never two at once. Messages are octets here; base64 and
 * what goes over the wire are the engine's.
 */
#ifndef ANONID_AGENT_SASL_FAMILY_H
#define ANONID_AGENT_SASL_FAMILY_H

#include "agent/sasl/sasl.h"

typedef enum {
    ANONID_TURN_MORE,       /* the exchange goes on */
    ANONID_TURN_DONE,       /* the mechanism is satisfied on this side, and
                               the server has proven itself as far as it can */
    ANONID_TURN_SATISFIED,  /* the same, but the server may yet say why not */
    ANONID_TURN_BAD_SERVER, /* the server broke the mechanism's rules */
    ANONID_TURN_FAILED      /* here: no memory, a library that refuses */
} anonid_sasl_outcome_t;

/* One turn. In: the server's challenge, with a NUL after it; nothing in the
 * first one. Out: the outcome, and the response (NULL: there is none), which
 * lives until the next turn; or why it failed. */
typedef struct {
    const char *challenge;
    size_t challenge_length;
    anonid_sasl_outcome_t outcome;
    const char *response;
    size_t response_length;
    const char *why;
} anonid_sasl_turn_t;

typedef struct {
    /* 1 if a mechanism of this build can be spoken here and now. */
    int (*supported)(const char *base);
    /* A login's own state; NULL and a constant sentence in *why. What login
     * points to outlives it. */
    void *(*open)(const anonid_sasl_login_t *login, const char **why);
    /* 1 if that turn may take long: it then runs on the thread pool. */
    int (*is_slow)(const void *state, const anonid_sasl_turn_t *turn);
    /* Whom a slow turn may have to wait for, as a name of a queue of the
     * thread pool; NULL: it only computes. */
    const char *(*queue)(const void *state);
    void (*turn)(void *state, anonid_sasl_turn_t *turn);
    /* Wipes and frees the state. */
    void (*finish)(void *state);
} anonid_sasl_family_t;

/* SCRAM (scram.c). */
extern const anonid_sasl_family_t anonid_sasl_scram;

/* Cyrus libsasl2 (cyrus.c): CRAM-MD5, PLAIN. */
extern const anonid_sasl_family_t anonid_sasl_cyrus;

/* Kerberos by GSS-API (gssapi.c). */
extern const anonid_sasl_family_t anonid_sasl_gssapi;

/* OAUTHBEARER and XOAUTH2 (oauth.c). */
extern const anonid_sasl_family_t anonid_sasl_oauth;

/* NTLM by GSS-API (ntlm.c); looks once per program whether it is there. */
extern const anonid_sasl_family_t anonid_sasl_ntlm;
void anonid_sasl_ntlm_start(void);

/* libsasl2's own part of it (library.c). */
int anonid_sasl_library_has(const char *mechanism);

#endif
