/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing HTML; see html.h.
 */
#include "module/submit/html.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

const char *anonid_html_escape(request_rec *r, const char *text)
{
    char *shown = apr_pstrdup(r->pool, text ? text : "");

    anonid_text_clean(shown);
    return ap_escape_html(r->pool, shown);
}

/* "&#x202e;" for a character of two or three octets. */
static const char *reference(apr_pool_t *pool, const char *text, size_t octets)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned character = octets == 2 ? p[0] & 0x1fu : p[0] & 0x0fu;

    for (size_t i = 1; i < octets; i++)
        character = character << 6 | (p[i] & 0x3fu);
    return apr_psprintf(pool, "&#x%x;", character);
}

/* What stands in HTML for the character at text; NULL: it stands itself. */
static const char *substitute(request_rec *r, const char *text, size_t left,
                              size_t *octets)
{
    switch (anonid_text_next(text, left, octets)) {
    case ANONID_TEXT_DIRECTION:
        return reference(r->pool, text, *octets);
    case ANONID_TEXT_CONTROL:
        return strchr("\t\r\n", *text) ? NULL : " ";
    case ANONID_TEXT_BROKEN:
        return "?";
    default:
        return *text == '&'   ? "&amp;"
               : *text == '<' ? "&lt;"
               : *text == '>' ? "&gt;"
               : *text == '"' ? "&quot;"
                              : NULL;
    }
}

/*
 * Writes what the visitor wrote back into a field of the form; nothing of it
 * is lost, and nothing is copied, because it may be long. Marks of direction
 * belong to some languages: they stand there as references, and the browser
 * keeps their effect inside the field. Control characters cannot be typed.
 */
void anonid_html_put_value(request_rec *r, const char *value)
{
    const char *text = value ? value : "", *written = text;
    size_t left = strlen(text), octets;

    for (; left > 0; text += octets, left -= octets) {
        const char *instead = substitute(r, text, left, &octets);

        if (!instead)
            continue;
        ap_rwrite(written, (int)(text - written), r);
        ap_rputs(instead, r);
        written = text + octets;
    }
    ap_rputs(written, r);
}
