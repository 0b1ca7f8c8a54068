/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `anonidctl check`: what httpd would do with a request, found out by letting
 * httpd do it, up to where the content would be made.
 *
 *   anonidctl -- CHECK --> agent      a token, good once and for seconds
 *   anonidctl -- a request with "Anonid-Check: TOKEN" --> worker
 *   worker -- REDEEM --> agent        is it good?
 *
 * The worker then runs all phases of the request but the handler and answers
 * with an account of it (report.h). Without a good token the header is
 * removed and the request is served as any other.
 */
#ifndef ANONID_MODULE_PROBE_PROBE_H
#define ANONID_MODULE_PROBE_PROBE_H

#include <apr_pools.h>

/* Hooks: quick_handler. */
void anonid_check_register(apr_pool_t *p);

#endif
