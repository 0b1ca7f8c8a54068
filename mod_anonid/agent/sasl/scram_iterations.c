/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads SCRAM's iteration count; see scram_iterations.h.
 */
#include "agent/sasl/scram_iterations.h"

#include <ctype.h>
#include <string.h>

/* "i=" begins an attribute: neither salt nor nonce can hold a comma. */
static const char *find_count(const char *message, const char *end)
{
    const char *p = message;

    while (p && end - p > 2) {
        if (p[0] == 'i' && p[1] == '=')
            return p + 2;
        p = memchr(p, ',', (size_t)(end - p));
        if (p)
            p++;
    }
    return NULL;
}

long anonid_scram_iterations(const char *message, size_t length)
{
    const char *end = message + length;
    const char *p = find_count(message, end);
    const char *begin = p;
    long count = 0;

    if (!p)
        return -1;
    for (; p < end && *p != ','; p++) {
        if (!isdigit((unsigned char)*p) || p - begin >= 9)
            return -1;
        count = count * 10 + (*p - '0');
    }
    return p > begin ? count : -1;
}
