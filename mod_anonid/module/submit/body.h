/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request, read whole and bounded: by what a message may have,
 * by LimitRequestBody (10 MB where the operator gives none), and by what all
 * messages of one process may take (memory.h). Must not know what is in it.
 */
#ifndef ANONID_MODULE_SUBMIT_BODY_H
#define ANONID_MODULE_SUBMIT_BODY_H

#include <httpd.h>

#include "module/submit/memory.h"

typedef struct {
    const char *data; /* in memory of its own until the request's end */
    apr_size_t length;
} anonid_body_t;

/* Reads it, each octet counted in memory when it has come. OK; or the HTTP
 * status to answer with: 413, 503 when there is no room for it, 408, 400; or
 * AP_FILTER_ERROR when the answer has already been given. */
int anonid_body_read(request_rec *r, anonid_memory_t *memory,
                     anonid_body_t *body);

#endif
