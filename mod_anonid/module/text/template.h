/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page around the form: an HTML file with places for what differs,
 * "{{title}}". Knows nothing of httpd, nor what goes into the places.
 */
#ifndef ANONID_MODULE_TEXT_TEMPLATE_H
#define ANONID_MODULE_TEXT_TEMPLATE_H

#include <apr_pools.h>
#include <apr_tables.h>

/* Octets of a file. */
#define ANONID_TEMPLATE_MAX ((apr_size_t)1024 * 1024)

typedef enum {
    ANONID_PLACE_TEXT, /* no place: what stands there */
    ANONID_PLACE_LANGUAGE,
    ANONID_PLACE_DIRECTION,
    ANONID_PLACE_TITLE,
    ANONID_PLACE_STYLE,
    ANONID_PLACE_SCRIPT,
    ANONID_PLACE_CONTENT
} anonid_template_place_t;

typedef struct {
    anonid_template_place_t place;
    const char *text; /* of ANONID_PLACE_TEXT */
    apr_size_t length;
} anonid_template_part_t;

typedef struct {
    apr_array_header_t *parts; /* anonid_template_part_t */
    int is_own;                /* 1: the operator's */
} anonid_template_t;

/* Cuts a text, which has to live as long, into parts. NULL, or what is wrong
 * and what to write instead, with its line in *line (0: none). */
const char *anonid_template_read(apr_pool_t *pool, const char *text,
                                 apr_size_t length,
                                 anonid_template_t **template, int *line);

#endif
