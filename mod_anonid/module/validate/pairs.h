/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs: which accounts the configuration uses with which mail services. The
 * agent is told, and joins no others; the checks look at each pair.
 */
#ifndef ANONID_MODULE_VALIDATE_PAIRS_H
#define ANONID_MODULE_VALIDATE_PAIRS_H

#include "module/validate/validate.h"

/* A pair, and where it comes about first. */
typedef struct {
    const anonid_account_t *account;
    const anonid_service_t *service;
    const ap_directive_t *at; /* the AnonIDMail that has to do with it */
} anonid_use_t;

/* Fills check->uses and the pairs of the global configuration. References
 * have been resolved. */
void anonid_pairs_find(anonid_check_t *check);

#endif
