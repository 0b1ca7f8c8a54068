/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a visitor is told when a message was not sent: the members of a
 * problem detail (RFC 9457). Owns the structure only; how it is shown is
 * answer.c's. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_SUBMIT_PROBLEM_H
#define ANONID_MODULE_SUBMIT_PROBLEM_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct {
    int status;                         /* HTTP */
    const char *detail;                 /* a sentence for the visitor, UTF-8 */
    const char *field;                  /* bad input: the field; else NULL */
    int retry_after;                    /* seconds; 0: none */
    int no_memory;                      /* that is why */
    const apr_array_header_t *rejected; /* anonid_rejection_t, or NULL */
} anonid_problem_t;

/* A problem in the pool; detail is a printf format. Never NULL. */
anonid_problem_t *anonid_problem_make(apr_pool_t *pool, int status,
                                      const char *field, const char *detail,
                                      ...)
    __attribute__((format(printf, 4, 5)));

/* 503: the messages of other visitors take all the memory there is. */
anonid_problem_t *anonid_problem_busy(apr_pool_t *pool);

#endif
