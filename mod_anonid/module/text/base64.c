/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64; see base64.h.
 */
#include "module/text/base64.h"

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Decodes one group of four: its octets (1 to 3), or 0 if it is malformed. */
static int decode_group(const char *group, char *out)
{
    int digits = group[3] != '=' ? 4 : group[2] != '=' ? 3 : 2;
    unsigned long bits = 0;

    for (int i = 0; i < 4; i++) {
        int value = i < digits ? digit_value(group[i]) : 0;

        if (value < 0)
            return 0;
        bits = bits << 6 | (unsigned long)value;
    }
    out[0] = (char)(bits >> 16);
    out[1] = (char)(bits >> 8);
    out[2] = (char)bits;
    return digits - 1;
}

char *anonid_base64_decode(apr_pool_t *pool, const char *text,
                           apr_size_t length, apr_size_t *out_length)
{
    char *decoded = apr_palloc(pool, length / 4 * 3 + 3);
    char *out = decoded;
    int octets = 3;

    while (length > 0) {
        if (*text == '\r' || *text == '\n') {
            text++;
            length--;
            continue;
        }
        if (length < 4 || octets < 3)
            return NULL;
        octets = decode_group(text, out);
        if (octets == 0)
            return NULL;
        out += octets;
        text += 4;
        length -= 4;
    }
    *out_length = (apr_size_t)(out - decoded);
    return decoded;
}
