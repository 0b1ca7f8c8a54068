/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648 section 4), decoded strictly: what is not base64 is an
 * error of the sender, not something to guess at. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_BASE64_H
#define ANONID_MODULE_TEXT_BASE64_H

#include <apr_pools.h>

/* Decodes into the pool. NULL unless it is base64 with its padding; CR LF and
 * LF between the groups of four are allowed (RFC 2045's line ends). */
char *anonid_base64_decode(apr_pool_t *pool, const char *text,
                           apr_size_t length, apr_size_t *out_length);

#endif
