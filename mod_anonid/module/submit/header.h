/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a message: who, to whom, when, by which way. The visitor's
 * part in it is the subject and the addresses to reply to; everything else is
 * the service's, the virtual host's and ours. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_SUBMIT_HEADER_H
#define ANONID_MODULE_SUBMIT_HEADER_H

#include "module/draft/draft.h"

#include <apr_time.h>

typedef struct {
    const anonid_draft_t *draft;
    const char *mail_from;                /* of the service */
    const apr_array_header_t *recipients; /* const anonid_recipient_t * */
    const char *client;                   /* the visitor's IP address */
    const char *host;                     /* the virtual host's name */
    apr_time_t now;
    const char *id; /* the message's, "<...>" */
} anonid_letter_t;

/* A new message id, "<128 random bits@host>"; or NULL without randomness. */
const char *anonid_header_message_id(apr_pool_t *pool, const char *host);

/* All fields but those of MIME, each with its CRLF. ASCII, unless an address
 * has other octets. */
const char *anonid_header_compose(apr_pool_t *pool,
                                  const anonid_letter_t *letter);

#endif
