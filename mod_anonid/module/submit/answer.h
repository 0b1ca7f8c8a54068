/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the handler anonid-submit: JSON or HTML, as the visitor accepts.
 * Owns status and header fields of the answer. Each returns what a handler
 * returns.
 */
#ifndef ANONID_MODULE_SUBMIT_ANSWER_H
#define ANONID_MODULE_SUBMIT_ANSWER_H

#include <httpd.h>

#include "module/channel/agent_client.h"
#include "module/draft/draft.h"

/* 200: the empty form, or one that is filled from a draft; or, for a program
 * that asks for JSON, what it has to know to send a message. */
int anonid_answer_form(request_rec *r, const anonid_service_t *service,
                       const anonid_draft_t *draft);

/* 200: the page of a message that was sent. */
int anonid_answer_thanks(request_rec *r, const anonid_receipt_t *receipt,
                         const char *message_id);

/* The mail server has the message: 200 with JSON, or a redirect (303) to a
 * page that says so. */
int anonid_answer_sent(request_rec *r, const anonid_receipt_t *receipt,
                       const char *message_id);

/* A problem: application/problem+json (RFC 9457), or the form again with what
 * the visitor had written. service and draft may be NULL. */
int anonid_answer_problem(request_rec *r, const anonid_service_t *service,
                          const anonid_draft_t *draft,
                          const anonid_problem_t *problem);

#endif
