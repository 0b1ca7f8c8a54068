/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait after a transient failure. Arithmetic only.
 */
#ifndef ANONID_AGENT_BASE_BACKOFF_H
#define ANONID_AGENT_BASE_BACKOFF_H

#include <apr_time.h>
#include <stdint.h>

/* The delay after that many failures in a row (1, 2, ...): doubling from 1 s
 * to 60 s, of which a random half is taken off so that accounts that failed
 * together do not come back together; never under 1 s, never under `least`.
 * random: any number. */
apr_interval_time_t anonid_backoff_delay(unsigned failures,
                                         apr_interval_time_t least,
                                         uint32_t random);

/* A number for it: any will do, so there is one always. */
uint32_t anonid_backoff_random(void);

#endif
