/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578)
 * as drafts. Knows nothing of httpd.
 *
 * All readers of bodies have the same shape: they fill a draft from a body of
 * a media type, and return NULL or what is wrong first. A bad field does not
 * keep the others from being read. The draft may point into
 * the body, which has to live as long.
 */
#ifndef ANONID_MODULE_DRAFT_FORM_H
#define ANONID_MODULE_DRAFT_FORM_H

#include "module/draft/draft.h"
#include "module/text/params.h"

/* Fields in the charset of the media type, UTF-8 by default. */
const anonid_problem_t *
anonid_form_read_urlencoded(anonid_draft_t *draft, const anonid_params_t *type,
                            const char *body, apr_size_t length);

/* Parts with a file name are attachments, whatever their field's name; those
 * without a name and content are empty file inputs and are left out. */
const anonid_problem_t *anonid_form_read_multipart(anonid_draft_t *draft,
                                                   const anonid_params_t *type,
                                                   const char *body,
                                                   apr_size_t length);

#endif
