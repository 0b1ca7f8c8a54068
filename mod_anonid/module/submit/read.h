/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to a draft: media type, body, fields. Owns the table of the
 * media types that are understood.
 */
#ifndef ANONID_MODULE_SUBMIT_READ_H
#define ANONID_MODULE_SUBMIT_READ_H

#include <httpd.h>

#include "module/draft/draft.h"

/* The value of Accept-Post. */
#define ANONID_ACCEPT_POST                                                    \
    "application/x-www-form-urlencoded, multipart/form-data, "                \
    "application/json, message/rfc822"

/* Fills the draft. OK with *problem, which is NULL if nothing is wrong; or
 * what the handler has to return, because the answer has been given. */
int anonid_read_post(request_rec *r, anonid_draft_t *draft,
                     const anonid_problem_t **problem);

/* Fills the draft from the URL's query, which has the fields of a form: NULL,
 * or what is wrong with one (those before it are filled in). */
const anonid_problem_t *anonid_read_query(request_rec *r,
                                          anonid_draft_t *draft);

/* The message is too large (413). */
const anonid_problem_t *anonid_read_too_large(request_rec *r);

/* The rest of a request that is refused unread is not waited for. */
void anonid_read_nothing(request_rec *r);

#endif
