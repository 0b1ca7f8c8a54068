/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping explanations; see explain.h.
 */
#include "module/map/explain.h"

#include <apr_strings.h>
#include <apr_tables.h>

_Thread_local apr_array_header_t *anonid_explain_lines;

void anonid_explain_keep(const char *format, ...)
{
    apr_array_header_t *lines = anonid_explain_lines;
    va_list args;

    va_start(args, format);
    APR_ARRAY_PUSH(lines, const char *) =
        apr_pvsprintf(lines->pool, format, args);
    va_end(args);
}
