/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded words (RFC 2047): text in header fields as ASCII.
 *
 * GMime would leave what looks like an encoded word in a visitor's text as it
 * is, and the reader would decode it; here it is encoded once more, so that
 * the reader sees what the visitor wrote. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_WORD_H
#define ANONID_MODULE_TEXT_WORD_H

#include <apr_pools.h>

/* Text (UTF-8 without line ends) as the value of an unstructured field that
 * begins behind `column` octets: ASCII, folded with CRLF. Plain ASCII stays
 * as it is. */
const char *anonid_word_text(apr_pool_t *pool, const char *text, int column);

/* The same for a display name: always encoded words or a quoted string. */
const char *anonid_word_phrase(apr_pool_t *pool, const char *text, int column);

/* ASCII text without line ends, folded in front of words: unfolding gives it
 * back. NULL if a word is too long for a line. */
const char *anonid_word_fold(apr_pool_t *pool, const char *text, int column);

/* 1 if an encoded word in the text stands for CR, LF or NUL. */
int anonid_word_hides_line_end(const char *text);

#endif
