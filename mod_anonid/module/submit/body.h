/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request, read whole and bounded: by what a message may have,
 * by LimitRequestBody (10 MB where the operator gives none), and by what all
 * messages of one process may take (memory.h). Must not know what is in it.
 */
#ifndef ANONID_MODULE_SUBMIT_BODY_H
#define ANONID_MODULE_SUBMIT_BODY_H

#include <httpd.h>

#include "module/draft/memory.h"

typedef struct {
    const char *data; /* in memory of its own until the request's end */
    apr_size_t length;
} anonid_body_t;

/* How many octets a request's body may have, at its place. */
apr_size_t anonid_body_limit(const request_rec *r);

/* Reads it, each octet counted in memory when it has come. OK; or the HTTP
 * status to answer with: 413, 503 when there is no room for it, 408, 400; or
 * AP_FILTER_ERROR when the answer has already been given. The body has what
 * was read until then: nothing, if the request said itself that it is too
 * long. */
int anonid_body_read(request_rec *r, anonid_memory_t *memory,
                     anonid_body_t *body);

/* Of a body that is too long and of which nothing was read: its beginning, up
 * to 256 KB; nothing where the client waits to be told to send. */
void anonid_body_read_beginning(request_rec *r, anonid_memory_t *memory,
                                anonid_body_t *body);

#endif
