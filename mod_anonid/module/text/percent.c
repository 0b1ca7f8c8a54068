/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percent-encoding; see percent.h.
 */
#include "module/text/percent.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *anonid_percent_decode(apr_pool_t *pool, const char *text,
                            apr_size_t length, int plus,
                            apr_size_t *out_length)
{
    char *decoded = apr_palloc(pool, length + 1);
    char *out = decoded;

    for (apr_size_t i = 0; i < length; i++) {
        char c = text[i];

        if (c == '%') {
            if (length - i < 3 || hex_value(text[i + 1]) < 0
                || hex_value(text[i + 2]) < 0)
                return NULL;
            c = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        }
        else if (c == '+' && plus) {
            c = ' ';
        }
        *out++ = c;
    }
    *out = '\0';
    *out_length = (apr_size_t)(out - decoded);
    return decoded;
}
