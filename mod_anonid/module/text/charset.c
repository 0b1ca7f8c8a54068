/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character sets; see charset.h.
 */
#include "module/text/charset.h"

#include <iconv.h>
#include <strings.h>

/* UTF-8 takes at most three octets for one of these charsets. */
#define GROWTH 3

typedef struct {
    const char *label;
    const char *iconv_name; /* NULL: it is UTF-8, or a part of it */
} charset_t;

static const charset_t charsets[] = {
    { "utf-8", NULL },
    { "utf8", NULL },
    { "us-ascii", NULL },
    { "ascii", NULL },
    { "iso-8859-1", "ISO-8859-1" },
    { "latin1", "ISO-8859-1" },
    { "iso-8859-15", "ISO-8859-15" },
    { "windows-1252", "CP1252" },
    { "cp1252", "CP1252" },
};

static const charset_t *find_charset(const char *label)
{
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
        if (strcasecmp(charsets[i].label, label) == 0)
            return &charsets[i];
    return NULL;
}

int anonid_charset_is_known(const char *charset)
{
    return find_charset(charset) != NULL;
}

apr_size_t anonid_charset_growth(const char *charset, apr_size_t length)
{
    const charset_t *known = find_charset(charset ? charset : "utf-8");

    return known && known->iconv_name ? length * GROWTH + 1 : 0;
}

int anonid_charset_decode(apr_pool_t *pool, const char *charset,
                          const char **text, apr_size_t *length)
{
    const charset_t *known = find_charset(charset ? charset : "utf-8");
    size_t in_left = *length, out_left = *length * GROWTH + 1;
    char *in = (char *)*text, *out, *next;
    iconv_t converter;
    size_t failed;

    if (!known)
        return 0;
    if (!known->iconv_name)
        return 1;
    converter = iconv_open("UTF-8", known->iconv_name);
    if (converter == (iconv_t)-1)
        return 0;
    out = next = apr_palloc(pool, out_left);
    failed = iconv(converter, &in, &in_left, &next, &out_left);
    iconv_close(converter);
    if (failed == (size_t)-1)
        return 0;
    *next = '\0';
    *text = out;
    *length = (apr_size_t)(next - out);
    return 1;
}
