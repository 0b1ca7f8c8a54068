/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a visitor sees; see page.h.
 */
#include "module/submit/page.h"
#include "module/config/config.h"
#include "module/submit/fields.h"
#include "module/submit/html.h"
#include "module/submit/look.h"
#include "module/submit/thanks.h"
#include "module/text/language.h"

#include <apr_strings.h>
#include <http_protocol.h>

const anonid_catalog_t *anonid_page_language(request_rec *r)
{
    const anonid_form_languages_t *languages = anonid_dir(r)->form_languages;
    const apr_array_header_t *catalogs =
        languages ? languages->catalogs : anonid_global()->catalogs;
    const char **tags =
        apr_palloc(r->pool, (apr_size_t)catalogs->nelts * sizeof(*tags));
    const char *accept = apr_table_get(r->headers_in, "Accept-Language");

    for (int i = 0; i < catalogs->nelts; i++)
        tags[i] = APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *)->tag;
    return APR_ARRAY_IDX(catalogs,
                         anonid_language_choose(accept, tags, catalogs->nelts),
                         anonid_catalog_t *);
}

static const char *phrase(request_rec *r, const anonid_page_t *page,
                          anonid_phrase_t name)
{
    return anonid_html_escape(r, page->catalog->texts[name]);
}

/* ---- the parts of a page's content ---- */

static void put_rejected(request_rec *r, const anonid_page_t *page,
                         const apr_array_header_t *rejected)
{
    if (!rejected || rejected->nelts == 0)
        return;
    ap_rvputs(r, "<p>", phrase(r, page, ANONID_PHRASE_REJECTED),
              "</p>\n<ul>\n", NULL);
    for (int i = 0; i < rejected->nelts; i++) {
        const anonid_rejection_t *rejection =
            &APR_ARRAY_IDX(rejected, i, anonid_rejection_t);

        ap_rvputs(r, "<li>", anonid_html_escape(r, rejection->alias), ": ",
                  anonid_html_escape(r, rejection->reply), "</li>\n", NULL);
    }
    ap_rputs("</ul>\n", r);
}

/* A problem in no field of the form takes the focus itself. */
static void put_problem(request_rec *r, const anonid_page_t *page)
{
    const char *wrong = anonid_fields_wrong(r, page);
    const char *text = anonid_fields_problem(r, page);

    ap_rvputs(r, "<div id=\"anonid-problem\" class=\"problem\" ",
              wrong ? "" : "tabindex=\"-1\" autofocus ", "role=\"alert\">",
              NULL);
    if (wrong)
        ap_rvputs(r, "<p>", phrase(r, page, ANONID_PHRASE_CORRECT),
                  "</p>\n<p><a href=\"#", wrong, "\">", text, "</a></p>\n",
                  NULL);
    else
        ap_rvputs(r, "<p>", text, "</p>\n", NULL);
    put_rejected(r, page, page->problem->rejected);
    ap_rputs("</div>\n", r);
}

static const char *recipient_name(request_rec *r, const anonid_page_t *page,
                                  const char *alias)
{
    const char *label =
        anonid_catalog_label(r->pool, page->catalog, "recipient", alias);

    return anonid_html_escape(r, label ? label : alias);
}

static void put_thanks(request_rec *r, const anonid_page_t *page)
{
    const apr_array_header_t *accepted = page->receipt->accepted;

    ap_rvputs(r, "<div class=\"sent\" role=\"status\">\n<p>",
              phrase(r, page, ANONID_PHRASE_SENT_TO), " ", NULL);
    for (int i = 0; i < accepted->nelts; i++)
        ap_rvputs(
            r, i > 0 ? ", " : "",
            recipient_name(r, page, APR_ARRAY_IDX(accepted, i, const char *)),
            NULL);
    ap_rvputs(r, "</p>\n<p>", phrase(r, page, ANONID_PHRASE_MESSAGE_ID),
              " <code>", anonid_html_escape(r, page->message_id),
              "</code></p>\n</div>\n", NULL);
    if (page->receipt->rejected && page->receipt->rejected->nelts > 0) {
        ap_rputs("<div class=\"problem\" role=\"alert\">\n", r);
        put_rejected(r, page, page->receipt->rejected);
        ap_rputs("</div>\n", r);
    }
    ap_rvputs(r, "<p><a href=\"", anonid_html_escape(r, anonid_thanks_path(r)),
              "\">", phrase(r, page, ANONID_PHRASE_WRITE_ANOTHER),
              "</a></p>\n", NULL);
}

static void put_content(request_rec *r, const anonid_page_t *page)
{
    if (page->receipt) {
        put_thanks(r, page);
        return;
    }
    if (page->problem)
        put_problem(r, page);
    if (page->service)
        anonid_fields_put(r, page);
}

/* ---- the page around it ---- */

static const char *title(request_rec *r, const anonid_page_t *page)
{
    const char *text = page->catalog->texts[ANONID_PHRASE_TITLE];

    if (page->receipt)
        return phrase(r, page, ANONID_PHRASE_TITLE_SENT);
    if (page->problem)
        text = anonid_catalog_fill(r->pool, page->catalog,
                                   ANONID_PHRASE_TITLE_ERROR, text);
    return anonid_html_escape(r, text);
}

static void put_part(request_rec *r, const anonid_page_t *page,
                     const anonid_template_part_t *part)
{
    switch (part->place) {
    case ANONID_PLACE_TEXT:
        ap_rwrite(part->text, (int)part->length, r);
        break;
    case ANONID_PLACE_LANGUAGE:
        ap_rputs(page->catalog->tag, r);
        break;
    case ANONID_PLACE_DIRECTION:
        ap_rputs(page->catalog->texts[ANONID_PHRASE_DIRECTION], r);
        break;
    case ANONID_PLACE_TITLE:
        ap_rputs(title(r, page), r);
        break;
    case ANONID_PLACE_STYLE:
        anonid_look_put_style(r);
        break;
    case ANONID_PLACE_SCRIPT:
        anonid_look_put_script(r);
        break;
    case ANONID_PLACE_CONTENT:
        put_content(r, page);
        break;
    }
}

void anonid_page_put(request_rec *r, const anonid_page_t *page)
{
    const apr_array_header_t *parts = anonid_look_template(r)->parts;

    for (int i = 0; i < parts->nelts; i++)
        put_part(r, page, &APR_ARRAY_IDX(parts, i, anonid_template_part_t));
}
