/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDForm...: what the form looks like, in which languages, what follows
 * it and how robots are kept off. Plain data.
 */
#ifndef ANONID_MODULE_CONFIG_FORM_H
#define ANONID_MODULE_CONFIG_FORM_H

#include <httpd.h>
#include <http_config.h>

#include "module/text/catalog.h"
#include "module/text/template.h"

/* AnonIDFormLanguages, resolved by check_config: languages may be read from a
 * folder that a later line names. */
typedef struct {
    apr_array_header_t *tags;     /* const char *, as they are offered */
    apr_array_header_t *catalogs; /* anonid_catalog_t *; NULL before */
    const ap_directive_t *directive;
} anonid_form_languages_t;

/* AnonIDFormRobots. */
typedef struct {
    int has_trap; /* a field that nobody sees */
    int has_age;  /* a form is sent in due time */
    int age_min;  /* seconds */
    int age_max;
} anonid_form_robots_t;

#define ANONID_ROBOTS_AGE_MIN 3       /* seconds: what a person takes */
#define ANONID_ROBOTS_AGE_MAX 86400   /* seconds */
#define ANONID_ROBOTS_AGE_TOP 2592000 /* seconds that can be asked for */

/* The directives' values where they are not given; in a section, what takes
 * an outer one away (None). */
extern const anonid_form_robots_t anonid_form_robots_default;
extern const anonid_template_t anonid_form_no_template;

#endif
