/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character sets of what visitors send: known ones become UTF-8, others are
 * refused. A visitor must not choose which converters the C library loads,
 * so the known ones are a short table. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_CHARSET_H
#define ANONID_MODULE_TEXT_CHARSET_H

#include <apr_pools.h>

/* 1 if the charset can be converted from. */
int anonid_charset_is_known(const char *charset);

/* Octets that anonid_charset_decode allocates at most for a text of length
 * octets in a charset that it knows (NULL is UTF-8). */
apr_size_t anonid_charset_growth(const char *charset, apr_size_t length);

/* Replaces *text and *length by the same text in UTF-8, in the pool (UTF-8
 * stays as it is, unverified). 1, or 0 if the charset is unknown or the
 * octets are not text in it. charset NULL is UTF-8. */
int anonid_charset_decode(apr_pool_t *pool, const char *charset,
                          const char **text, apr_size_t *length);

#endif
