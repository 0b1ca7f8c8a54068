/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/json as a draft. Knows nothing of httpd.
 *
 *   { "to": "alias" or ["alias", ...], "subject": "...", "body": "...",
 *     "reply-to": "...",
 *     "attachments": [{ "name": "...", "type": "image/png",
 *                       "content": "base64" }, ...] }
 *
 * and the further fields of the draft, each a string or an array of strings.
 * Other members are bad input.
 */
#ifndef ANONID_MODULE_DRAFT_JSON_H
#define ANONID_MODULE_DRAFT_JSON_H

#include "module/draft/draft.h"
#include "module/text/params.h"

#define ANONID_JSON_DEPTH_MAX 16
#define ANONID_JSON_VALUES_MAX 4096

/* See form.h; everything is copied out of the body. */
const anonid_problem_t *anonid_json_read(anonid_draft_t *draft,
                                         const anonid_params_t *type,
                                         const char *body, apr_size_t length);

#endif
