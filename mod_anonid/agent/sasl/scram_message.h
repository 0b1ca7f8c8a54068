/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SCRAM server says (RFC 5802 section 7), in hostile octets:
 *
 *   first = "r=" nonce "," "s=" salt "," "i=" count *( "," extension )
 *   final = ( "e=" error / "v=" signature ) *( "," extension )
 *
 * A message that begins with "m=" demands an extension that nobody has
 * defined, and is none of these. Allocates nothing.
 */
#ifndef ANONID_AGENT_SASL_SCRAM_MESSAGE_H
#define ANONID_AGENT_SASL_SCRAM_MESSAGE_H

#include <stddef.h>

/* Octets of a salt, or of a signature, that is decoded. */
#define ANONID_SCRAM_OCTETS_MAX 1024

typedef struct {
    const char *nonce;
    size_t nonce_length;
    unsigned char salt[ANONID_SCRAM_OCTETS_MAX];
    size_t salt_length;
    long iterations;
} anonid_scram_first_t;

/* NULL, or what is wrong with it, in a constant sentence. */
const char *anonid_scram_first_parse(const char *message, size_t length,
                                     anonid_scram_first_t *first);

typedef struct {
    const char *error; /* NULL: there is a signature */
    size_t error_length;
    unsigned char signature[ANONID_SCRAM_OCTETS_MAX];
    size_t signature_length;
} anonid_scram_final_t;

const char *anonid_scram_final_parse(const char *message, size_t length,
                                     anonid_scram_final_t *final);

#endif
