/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SASL mechanisms: the one table of them. Configuration, its checks and the
 * agent look here; how a mechanism works is the agent's (agent/sasl/).
 */
#ifndef ANONID_COMMON_MECHANISM_H
#define ANONID_COMMON_MECHANISM_H

#include "common/account.h"

#include <stddef.h>

typedef enum {
    ANONID_MECHANISM_AVAILABLE,
    ANONID_MECHANISM_REFUSED /* known, and not wanted */
} anonid_mechanism_state_t;

/* Flags of a mechanism. */
enum {
    ANONID_MECHANISM_REVEALS = 1, /* the secret itself goes over the wire */
    ANONID_MECHANISM_BINDS = 2,   /* bound to the TLS channel */
    ANONID_MECHANISM_SCRAM = 4,   /* RFC 5802 */
    ANONID_MECHANISM_BLOCKS = 8,  /* any of its steps may wait for a server:
                                     never on an event loop */
    ANONID_MECHANISM_DEFAULT = 16 /* among those of a service that names
                                     none */
};

typedef struct {
    const char *name; /* "SCRAM-SHA-256-PLUS" */
    const char *base; /* without "-PLUS" */
    unsigned proof;   /* what it works from: one of ANONID_PROOF_... */
    unsigned flags;
    size_t octets_max; /* of one of its messages, before base64 */
    anonid_mechanism_state_t state;
    const char *library; /* what it comes with; NULL: with the agent */
} anonid_mechanism_info_t;

/* The mechanism of that name (without regard to case); NULL: none. */
const anonid_mechanism_info_t *anonid_mechanism_find(const char *name);

/* All of them, the best first; NULL after the last. */
const anonid_mechanism_info_t *anonid_mechanism_at(size_t i);

/* Its place in the table, from 0. */
size_t anonid_mechanism_index(const anonid_mechanism_info_t *mechanism);

/* 1 if it is there, and an account that has these proofs can log on by it. */
int anonid_mechanism_suits(const anonid_mechanism_info_t *mechanism,
                           unsigned proofs);

#endif
