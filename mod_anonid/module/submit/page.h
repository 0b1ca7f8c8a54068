/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a visitor with a browser sees: the form, the same after an
 * error, and the thanks. HTML that works without scripts. Owns their order
 * and the choice of the language; status and header fields are answer.c's.
 */
#ifndef ANONID_MODULE_SUBMIT_PAGE_H
#define ANONID_MODULE_SUBMIT_PAGE_H

#include <httpd.h>

#include "module/channel/agent_client.h"
#include "module/draft/draft.h"
#include "module/text/catalog.h"

typedef struct {
    const anonid_catalog_t *catalog;
    const anonid_service_t *service; /* NULL: there is no form */
    const anonid_draft_t *draft; /* what the form is filled from, or NULL */
    const anonid_problem_t *problem; /* what is wrong, or NULL */
    const char *token;               /* of the form, or NULL */
    const anonid_receipt_t *receipt; /* the thanks; NULL: the form */
    const char *message_id;          /* for the thanks */
} anonid_page_t;

/* The language that a visitor wants most of those that there are here. */
const anonid_catalog_t *anonid_page_language(request_rec *r);

/* Writes the page. */
void anonid_page_put(request_rec *r, const anonid_page_t *page);

#endif
