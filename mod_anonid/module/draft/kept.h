/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which header fields of a visitor's message are kept, and how: those that say
 * what the message is. The table is an allow-list, because what a mail reader
 * or a filter believes of a header cannot be foreseen. Knows nothing of httpd,
 * nor how a header is cut into fields.
 */
#ifndef ANONID_MODULE_DRAFT_KEPT_H
#define ANONID_MODULE_DRAFT_KEPT_H

#include "module/draft/draft.h"

typedef struct {
    const char *name;  /* as the visitor writes it */
    const char *field; /* in lower case, for problems */
    const char *value; /* unfolded and trimmed, without control characters */
} anonid_field_line_t;

/* Takes a field into the draft, or drops it. *seen is 0 for a message's first
 * field. NULL, or what is wrong with it. */
const anonid_problem_t *anonid_kept_take(anonid_draft_t *draft, unsigned *seen,
                                         const anonid_field_line_t *header);

#endif
