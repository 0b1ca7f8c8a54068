/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percent-encoding (RFC 3986 section 2.1, and the HTML standard's
 * application/x-www-form-urlencoded). Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_PERCENT_H
#define ANONID_MODULE_TEXT_PERCENT_H

#include <apr_pools.h>

/* Decodes into the pool; *out_length octets and a NUL octet behind them. plus:
 * '+' is a space. NULL if a '%' is not followed by two hexadecimal digits. */
char *anonid_percent_decode(apr_pool_t *pool, const char *text,
                            apr_size_t length, int plus,
                            apr_size_t *out_length);

#endif
