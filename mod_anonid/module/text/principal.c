/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of Kerberos principals; see principal.h.
 */
#include "module/text/principal.h"

#include <apr_strings.h>
#include <string.h>

#define OCTETS_MAX 1024
#define MARKS_MAX 2 /* user@suffix@REALM */

/* "SHOP\web" is Windows' way to write it; libkrb5 would read "SHOPweb". */
static const char *windows_name(apr_pool_t *pool, const char *principal,
                                const char *backslash)
{
    return apr_psprintf(pool,
                        "a backslash stands before '@', '/' or another one "
                        "only; write %s@REALM, with the realm of the domain "
                        "%.*s in its place",
                        backslash + 1, (int)(backslash - principal),
                        principal);
}

/* What stands between two marks. */
static const char *part_error(apr_pool_t *pool, const char *principal,
                              size_t length)
{
    if (length > 0)
        return NULL;
    return apr_psprintf(pool,
                        "a part of '%s' is empty; write user@REALM, "
                        "user/instance@REALM, or user@suffix@REALM",
                        principal);
}

static const char *marks_error(apr_pool_t *pool, const char *principal,
                               int marks)
{
    if (marks == 0)
        return apr_psprintf(pool, "its realm is missing; write %s@REALM",
                            principal);
    if (marks > MARKS_MAX)
        return "it has more than two '@'; write user@REALM, or an enterprise "
               "name as user@suffix@REALM";
    return NULL;
}

const char *anonid_principal_error(apr_pool_t *pool, const char *principal)
{
    const char *part = principal;
    const char *error = NULL;
    int marks = 0;

    if (strlen(principal) > OCTETS_MAX)
        return "it is longer than 1024 octets";
    for (const char *c = principal; *c && !error; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "it holds a control character";
        if (*c == '\\' && (c[1] == '\0' || !strchr("@/\\", c[1])))
            return windows_name(pool, principal, c);
        if (*c == '\\') {
            c++;
        }
        else if (*c == '@' || *c == '/') {
            error = part_error(pool, principal, (size_t)(c - part));
            marks += *c == '@';
            part = c + 1;
        }
    }
    if (!error)
        error = part_error(pool, principal, strlen(part));
    return error ? error : marks_error(pool, principal, marks);
}
