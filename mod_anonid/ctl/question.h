/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request to httpd, made by curl(1): it knows TLS, server names and
 * addresses, and anonidctl need not link any of it. Knows nothing of what is
 * asked.
 */
#ifndef ANONID_CTL_QUESTION_H
#define ANONID_CTL_QUESTION_H

#include <apr_tables.h>

typedef struct {
    const char *url;
    const char *address;         /* HOST:PORT to connect to; NULL: the URL's */
    apr_array_header_t *headers; /* const char * "Name: value" */
} anonid_question_t;

/* NULL, or what cannot stand in a request. */
const char *anonid_question_error(const anonid_question_t *question);

/* Asks, and returns the body of whatever answer came, in the headers' pool.
 * NULL after a line on standard error. */
const char *anonid_question_ask(const anonid_question_t *question);

#endif
