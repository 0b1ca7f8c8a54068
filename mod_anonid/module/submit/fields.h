/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form's fields in HTML: labels, hints, what was written in them and what
 * is wrong with it, tied together for those who cannot see it. Owns their
 * order and attributes.
 */
#ifndef ANONID_MODULE_SUBMIT_FIELDS_H
#define ANONID_MODULE_SUBMIT_FIELDS_H

#include <httpd.h>

#include "module/submit/page.h"

/* The name of the form's file input. */
#define ANONID_FIELD_FILES "attachment"

/* The field of the form that the page's problem is about: its id. NULL: the
 * problem is about none, or there is no form. */
const char *anonid_fields_wrong(request_rec *r, const anonid_page_t *page);

/* What the problem is, in the visitor's language, as HTML. */
const char *anonid_fields_problem(request_rec *r, const anonid_page_t *page);

/* The label of a field of the operator's own, in the page's language. */
const char *anonid_fields_label(request_rec *r, const anonid_page_t *page,
                                const anonid_mail_field_t *field);

/* Writes the form. The page has a service. */
void anonid_fields_put(request_rec *r, const anonid_page_t *page);

#endif
