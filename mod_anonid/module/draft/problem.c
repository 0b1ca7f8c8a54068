/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problems; see problem.h.
 */
#include "module/draft/problem.h"

#include <apr_strings.h>
#include <stdarg.h>

#define BUSY_RETRY_AFTER 10 /* seconds */

anonid_problem_t *anonid_problem_make(apr_pool_t *pool, int status,
                                      const char *field, const char *detail,
                                      ...)
{
    anonid_problem_t *problem = apr_pcalloc(pool, sizeof(*problem));
    va_list args;

    va_start(args, detail);
    problem->detail = apr_pvsprintf(pool, detail, args);
    va_end(args);
    problem->status = status;
    problem->field = apr_pstrdup(pool, field);
    problem->phrase = ANONID_PHRASES;
    return problem;
}

anonid_problem_t *anonid_problem_say(anonid_problem_t *problem,
                                     anonid_phrase_t phrase, const char *value)
{
    problem->phrase = phrase;
    problem->value = value;
    return problem;
}

anonid_problem_t *anonid_problem_in_field(apr_pool_t *pool, const char *field,
                                          anonid_phrase_t phrase,
                                          const char *detail)
{
    return anonid_problem_say(
        anonid_problem_make(pool, 400, field, "%s", detail), phrase, NULL);
}

anonid_problem_t *anonid_problem_busy(apr_pool_t *pool)
{
    anonid_problem_t *problem = anonid_problem_make(
        pool, 503, NULL,
        "Too many messages are being received. Please try again.");

    problem->retry_after = BUSY_RETRY_AFTER;
    problem->no_memory = 1;
    return anonid_problem_say(problem, ANONID_PHRASE_ERROR_BUSY, NULL);
}
