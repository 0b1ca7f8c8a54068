/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message on its way to the agent: a memfd that grows while it is composed
 * and is sealed then, so that the agent may map it without fear. Knows
 * nothing of what is in it, nor of httpd.
 */
#ifndef ANONID_MODULE_SUBMIT_MESSAGE_H
#define ANONID_MODULE_SUBMIT_MESSAGE_H

#include <apr_errno.h>
#include <apr_pools.h>

typedef struct {
    int fd;          /* close-on-exec; closed with the pool */
    apr_size_t size; /* after anonid_message_seal */
} anonid_submit_message_t;

/* An empty message. */
apr_status_t anonid_message_create(anonid_submit_message_t *message,
                                   apr_pool_t *pool);

/* Appends octets. */
apr_status_t anonid_message_append(anonid_submit_message_t *message,
                                   const void *data, apr_size_t length);

/* Forbids every further change (F_SEAL_WRITE, SHRINK, GROW, SEAL) and finds
 * the size. */
apr_status_t anonid_message_seal(anonid_submit_message_t *message);

#endif
