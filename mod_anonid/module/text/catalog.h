/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of one language, from a file of lines
 *
 *   name = text         a text that the form has (conf/languages/en.conf)
 *   field.NAME = text   the label of a field of the operator's own
 *   recipient.ALIAS = text
 *
 * in UTF-8, with '#' before comments. "{value}" in a text stands for a value.
 * Knows nothing of httpd, of files, nor of HTML: texts are not escaped.
 */
#ifndef ANONID_MODULE_TEXT_CATALOG_H
#define ANONID_MODULE_TEXT_CATALOG_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "module/text/phrases.h"

/* Octets of a file, which no language needs. */
#define ANONID_CATALOG_MAX ((apr_size_t)256 * 1024)

typedef struct {
    const char *tag;                   /* "pt-br": RFC 5646, lower case */
    const char *texts[ANONID_PHRASES]; /* NULL: not said yet */
    apr_hash_t *labels;                /* "field.NAME" -> text */
} anonid_catalog_t;

/* 1 if it can be a language's tag: letters, digits and hyphens, in lower
 * case, 35 at most. */
int anonid_catalog_is_tag(const char *tag);

/* A language without texts; base NULL, or whose texts stand in for those that
 * are missing. */
anonid_catalog_t *anonid_catalog_make(apr_pool_t *pool, const char *tag,
                                      const anonid_catalog_t *base);

/* The built-in English. */
anonid_catalog_t *anonid_catalog_english(apr_pool_t *pool);

/* All built-in languages, English first: anonid_catalog_t *. */
apr_array_header_t *anonid_catalog_builtin(apr_pool_t *pool);

/* "de" of "de.conf"; NULL for the name of another file. */
const char *anonid_catalog_file_tag(apr_pool_t *pool, const char *name);

/* Takes the texts of a file. NULL, or what is wrong and what to write
 * instead, with its line in *line. */
const char *anonid_catalog_read(apr_pool_t *pool, anonid_catalog_t *catalog,
                                const char *text, apr_size_t length,
                                int *line);

/* The name of a text that is missing, or NULL. */
const char *anonid_catalog_missing(const anonid_catalog_t *catalog);

/* A label: kind is "field" or "recipient". NULL: there is none. */
const char *anonid_catalog_label(apr_pool_t *pool,
                                 const anonid_catalog_t *catalog,
                                 const char *kind, const char *name);

/* The text with a value in the place of "{value}". */
const char *anonid_catalog_fill(apr_pool_t *pool,
                                const anonid_catalog_t *catalog,
                                anonid_phrase_t phrase, const char *value);

#endif
