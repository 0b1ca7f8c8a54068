/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a language by Accept-Language (RFC 9110 section 12.5.4).
 * Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_LANGUAGE_H
#define ANONID_MODULE_TEXT_LANGUAGE_H

/*
 * The number of the tag that is wanted most, among those that there are (at
 * least one, lower case); 0 where none is wanted. A range fits the tag that it
 * is; else the longest that it begins with ("de-CH" fits "de": lookup, RFC
 * 4647 section 3.4); else the first that begins with it ("pt" fits "pt-br":
 * basic filtering). Of ranges that are wanted alike the first counts. accept
 * may be NULL.
 */
int anonid_language_choose(const char *accept, const char *const *tags,
                           int count);

#endif
