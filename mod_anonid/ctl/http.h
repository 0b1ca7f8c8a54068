/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request to httpd, by libcurl. Knows nothing of what is asked.
 */
#ifndef ANONID_CTL_HTTP_H
#define ANONID_CTL_HTTP_H

#include <apr_tables.h>
#include <apr_time.h>

typedef struct {
    const char *url;
    const char *address;         /* HOST:PORT to connect to; NULL: the URL's */
    apr_array_header_t *headers; /* const char * "Name: value" */
} anonid_http_request_t;

/* NULL, or what cannot stand in a request. */
const char *anonid_http_error(const anonid_http_request_t *request);

/* Asks, and returns the body of whatever answer came, in the headers' pool.
 * NULL after a line on standard error. */
const char *anonid_http_get(const anonid_http_request_t *request,
                            apr_interval_time_t timeout);

#endif
