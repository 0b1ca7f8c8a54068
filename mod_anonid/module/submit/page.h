/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a visitor sees: the form, and what became of a message. HTML
 * that works without scripts and loads nothing. Owns the words and the
 * escaping; status and header fields are answer.c's.
 */
#ifndef ANONID_MODULE_SUBMIT_PAGE_H
#define ANONID_MODULE_SUBMIT_PAGE_H

#include <httpd.h>

#include "module/channel/agent_client.h"
#include "module/submit/draft.h"

/* The form, filled from a draft, with a problem above it. service NULL: there
 * is no form; draft and problem may be NULL. */
void anonid_page_form(request_rec *r, const anonid_service_t *service,
                      const anonid_draft_t *draft,
                      const anonid_problem_t *problem);

/* The message was sent; recipients that were rejected are named. */
void anonid_page_sent(request_rec *r, const anonid_receipt_t *receipt,
                      const char *message_id);

#endif
