/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The iteration count in SCRAM's server-first message (RFC 5802 section 7):
 *
 *   [ "m=" ext "," ] "r=" nonce "," "s=" salt "," "i=" count [ "," ext ]
 *
 * looked at before anything is computed from it.
 */
#ifndef ANONID_AGENT_SASL_SCRAM_ITERATIONS_H
#define ANONID_AGENT_SASL_SCRAM_ITERATIONS_H

#include <stddef.h>

/* The count, or -1 if there is none or it is no number of 1 to 9 digits. */
long anonid_scram_iterations(const char *message, size_t length);

#endif
