/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a visitor is told when a message was not sent: the members of a
 * problem detail (RFC 9457). Owns the structure only; how it is shown is
 * answer.c's. Knows nothing of httpd.
 */
#ifndef ANONID_MODULE_DRAFT_PROBLEM_H
#define ANONID_MODULE_DRAFT_PROBLEM_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "module/text/phrases.h"

typedef struct {
    int status;                         /* HTTP */
    const char *detail;                 /* a sentence in English, UTF-8 */
    anonid_phrase_t phrase;             /* what a visitor with a browser reads
                                           instead; ANONID_PHRASES: the same */
    const char *value;                  /* in that phrase, or NULL */
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

/* The same with what a visitor with a browser reads. */
anonid_problem_t *anonid_problem_say(anonid_problem_t *problem,
                                     anonid_phrase_t phrase,
                                     const char *value);

/* 400 for a field, of a form in a browser, too. */
anonid_problem_t *anonid_problem_in_field(apr_pool_t *pool, const char *field,
                                          anonid_phrase_t phrase,
                                          const char *detail);

/* 503: the messages of other visitors take all the memory there is. */
anonid_problem_t *anonid_problem_busy(apr_pool_t *pool);

#endif
