/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes a letter: header and MIME structure, CRLF line ends, 7-bit
 * wherever the visitor has not composed it (message/rfc822). Uses GMime,
 * which anonid_compose_start prepares once per process. Knows nothing of
 * httpd.
 */
#ifndef ANONID_MODULE_SUBMIT_COMPOSE_H
#define ANONID_MODULE_SUBMIT_COMPOSE_H

#include "module/submit/header.h"
#include "module/submit/message.h"

/* Before anything else here and before there are threads. */
void anonid_compose_start(void);

/* Writes the letter into a message and seals it, counted in the draft's
 * memory. *flags are those of SUBMIT (ANONID_SUBMIT_8BIT, ANONID_SUBMIT_UTF8).
 * APR_ENOMEM: the messages of others leave no room. */
apr_status_t anonid_compose_write(apr_pool_t *pool,
                                  const anonid_letter_t *letter,
                                  anonid_submit_message_t *message,
                                  unsigned *flags);

#endif
