/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept field (RFC 9110 section 12.5.1), as far as a choice between a few
 * types needs it. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_ACCEPT_H
#define ANONID_MODULE_TEXT_ACCEPT_H

#include <stddef.h>

/* 1 if HTML is wanted more than JSON: by quality, and where that is equal by
 * being named more exactly. Without a field, or with one that wants neither,
 * it is JSON. accept may be NULL. */
int anonid_accept_prefers_html(const char *accept);

/* 1 if JSON is asked for by its name, and HTML not more. accept may be NULL.
 */
int anonid_accept_asks_json(const char *accept);

/* The weight among the parameters of an element of a list, in thousandths:
 * 1000 where there is none, 0 where it is malformed. */
int anonid_accept_quality(const char *text, const char *end);

/* Which of n types is wanted most: by quality, and where that is equal by
 * being named more exactly, and then by their order. Without a field, or with
 * one that wants none of them, the first. accept may be NULL. */
size_t anonid_accept_best(const char *accept, const char *const types[],
                          size_t n);

#endif
