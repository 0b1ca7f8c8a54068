/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message/rfc822 as a draft: a message that an application has composed.
 * Knows nothing of httpd.
 *
 * Its body stays as it is, byte for byte; of its header stay the fields that
 * say what the message is (kept.c). Who sent it, to whom, and what has
 * happened to it (From, Sender, To, Bcc, Return-Path, Received,
 * DKIM-Signature, X-Spam-Status and so on) is not the visitor's to say; From
 * becomes Reply-To where the message has none.
 */
#ifndef ANONID_MODULE_DRAFT_RFC822_H
#define ANONID_MODULE_DRAFT_RFC822_H

#include "module/draft/draft.h"
#include "module/text/params.h"

#define ANONID_HEADER_MAX (64 * 1024) /* octets */
#define ANONID_RECEIVED_MAX 50        /* fields, RFC 5321 section 6.3 */
#define ANONID_LINE_MAX 998           /* octets, RFC 5321 section 4.5.3.1.6 */

/* See form.h. Lines end in CRLF throughout or in LF throughout (LF is
 * made CRLF, and the text is copied then). */
const anonid_problem_t *anonid_rfc822_read(anonid_draft_t *draft,
                                           const anonid_params_t *type,
                                           const char *body,
                                           apr_size_t length);

#endif
