/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form in HTML; see fields.h.
 *
 *   <div class="field">
 *     <label for="subject">Subject</label>
 *     <p class="hint" id="anonid-hint-subject">...</p>
 *     <p class="error" id="anonid-error-subject">...</p>
 *     <input id="subject" aria-describedby="anonid-error-subject ..." ...>
 *   </div>
 */
#include "module/submit/fields.h"
#include "module/submit/body.h"
#include "module/submit/html.h"
#include "module/submit/robots.h"
#include "module/text/params.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#define KILOBYTE 1024

/* One field as it is written. */
typedef struct {
    const char *name;
    const char *id;
    const char *label; /* not escaped */
    const char *hint;  /* the same; NULL: none */
    int is_required;
} field_t;

/* What fields of the operator's own are about, by their names: browsers fill
 * them in, and say so to those who cannot read a label (WCAG 1.3.5; the HTML
 * standard, "Autofill"). */
static const struct {
    const char *name;
    const char *attributes;
} purposes[] = {
    { "name", " autocomplete=\"name\"" },
    { "firstname", " autocomplete=\"given-name\"" },
    { "lastname", " autocomplete=\"family-name\"" },
    { "company", " autocomplete=\"organization\"" },
    { "organization", " autocomplete=\"organization\"" },
    { "phone", " autocomplete=\"tel\" inputmode=\"tel\"" },
    { "telephone", " autocomplete=\"tel\" inputmode=\"tel\"" },
    { "tel", " autocomplete=\"tel\" inputmode=\"tel\"" },
    { "street", " autocomplete=\"street-address\"" },
    { "postcode", " autocomplete=\"postal-code\"" },
    { "zip", " autocomplete=\"postal-code\"" },
    { "city", " autocomplete=\"address-level2\"" },
    { "country", " autocomplete=\"country-name\"" },
};

static const char *purpose(const char *name)
{
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
        if (strcasecmp(purposes[i].name, name) == 0)
            return purposes[i].attributes;
    return "";
}

static const char *phrase(request_rec *r, const anonid_page_t *page,
                          anonid_phrase_t name)
{
    return anonid_html_escape(r, page->catalog->texts[name]);
}

static const anonid_mail_field_t *extra_at(const anonid_page_t *page, int i)
{
    return &APR_ARRAY_IDX(page->draft->extra, i, anonid_mail_field_t);
}

static int count_extra(const anonid_page_t *page)
{
    return page->draft && page->draft->extra ? page->draft->extra->nelts : 0;
}

const char *anonid_fields_label(request_rec *r, const anonid_page_t *page,
                                const anonid_mail_field_t *field)
{
    const char *label =
        anonid_catalog_label(r->pool, page->catalog, "field", field->name);

    return label ? label : field->label;
}

/* An id has no blanks, of which a list of ids is made. */
static const char *id_of(request_rec *r, const anonid_page_t *page,
                         const char *name)
{
    if (anonid_params_is_token(name, strlen(name)))
        return anonid_html_escape(r, name);
    for (int i = 0; i < count_extra(page); i++)
        if (strcmp(extra_at(page, i)->name, name) == 0)
            return apr_psprintf(r->pool, "anonid-field-%d", i + 1);
    return "";
}

/* ---- what is wrong ---- */

static const char *shown_size(request_rec *r, const anonid_page_t *page,
                              apr_size_t octets)
{
    apr_size_t kilobytes = octets / KILOBYTE;
    int is_mega = kilobytes >= KILOBYTE;

    return anonid_catalog_fill(
        r->pool, page->catalog,
        is_mega ? ANONID_PHRASE_MEGABYTES : ANONID_PHRASE_KILOBYTES,
        apr_psprintf(
            r->pool, "%lu",
            (unsigned long)(is_mega ? kilobytes / KILOBYTE : kilobytes)));
}

static const anonid_mail_field_t *find_extra(const anonid_page_t *page,
                                             const char *name)
{
    for (int i = 0; i < count_extra(page); i++)
        if (strcmp(extra_at(page, i)->name, name) == 0)
            return extra_at(page, i);
    return NULL;
}

/* What goes into the problem's phrase. */
static const char *problem_value(request_rec *r, const anonid_page_t *page)
{
    const anonid_problem_t *problem = page->problem;
    const anonid_mail_field_t *extra;

    if (problem->phrase == ANONID_PHRASE_ERROR_TOO_LARGE)
        return shown_size(r, page, anonid_body_limit(r));
    if (problem->phrase != ANONID_PHRASE_ERROR_REQUIRED)
        return problem->value;
    extra = find_extra(page, problem->field);
    return extra ? anonid_fields_label(r, page, extra) : problem->value;
}

/* What no form of ours can do wrong is said in English only. */
const char *anonid_fields_problem(request_rec *r, const anonid_page_t *page)
{
    const anonid_problem_t *problem = page->problem;
    const char *detail = anonid_html_escape(r, problem->detail);

    if (problem->phrase != ANONID_PHRASES)
        return anonid_html_escape(
            r, anonid_catalog_fill(r->pool, page->catalog, problem->phrase,
                                   problem_value(r, page)));
    detail = apr_pstrcat(r->pool, phrase(r, page, ANONID_PHRASE_NOT_SENT),
                         " <span lang=\"en\">", detail, NULL);
    if (problem->field)
        detail = apr_pstrcat(r->pool, detail, " (",
                             anonid_html_escape(r, problem->field), ")", NULL);
    return apr_pstrcat(r->pool, detail, "</span>", NULL);
}

const char *anonid_fields_wrong(request_rec *r, const anonid_page_t *page)
{
    const anonid_problem_t *problem = page->problem;

    if (!page->service || !page->draft || !problem || !problem->field)
        return NULL;
    if (strcmp(problem->field, ANONID_FIELD_FILES) != 0
        && (!anonid_draft_has(page->draft, problem->field)
            || strncmp(problem->field, "anonid-", 7) == 0))
        return NULL;
    return id_of(r, page, problem->field);
}

static int is_wrong(request_rec *r, const anonid_page_t *page,
                    const field_t *field)
{
    return anonid_fields_wrong(r, page)
           && strcmp(page->problem->field, field->name) == 0;
}

/* ---- a field ---- */

static void begin_field(request_rec *r, const anonid_page_t *page,
                        const field_t *field)
{
    int wrong = is_wrong(r, page, field);

    ap_rvputs(r, "<div class=\"field", wrong ? " wrong" : "",
              "\">\n<label for=\"", field->id, "\">",
              anonid_html_escape(r, field->label), NULL);
    if (!field->is_required)
        ap_rvputs(r, " <span class=\"optional\">(",
                  phrase(r, page, ANONID_PHRASE_OPTIONAL), ")</span>", NULL);
    ap_rputs("</label>\n", r);
    if (field->hint)
        ap_rvputs(r, "<p class=\"hint\" id=\"anonid-hint-", field->id, "\">",
                  anonid_html_escape(r, field->hint), "</p>\n", NULL);
    if (wrong)
        ap_rvputs(r, "<p class=\"error\" id=\"anonid-error-", field->id, "\">",
                  anonid_fields_problem(r, page), "</p>\n", NULL);
}

/* What ties a field to its error and hint. more: further ids, or "". */
static const char *ties(request_rec *r, const anonid_page_t *page,
                        const field_t *field, const char *more)
{
    int wrong = is_wrong(r, page, field);
    const char *error = "", *hint = "", *ids;

    if (wrong)
        error = apr_pstrcat(r->pool, " anonid-error-", field->id, NULL);
    if (field->hint)
        hint = apr_pstrcat(r->pool, " anonid-hint-", field->id, NULL);
    ids = apr_pstrcat(r->pool, error, hint, more, NULL);
    return apr_pstrcat(r->pool, field->is_required ? " required" : "",
                       wrong ? " aria-invalid=\"true\" autofocus" : "",
                       *ids ? " aria-describedby=\"" : "", *ids ? ids + 1 : "",
                       *ids ? "\"" : "", NULL);
}

static void end_field(request_rec *r)
{
    ap_rputs("\n</div>\n", r);
}

static void put_input(request_rec *r, const anonid_page_t *page,
                      const field_t *field, const char *attributes)
{
    begin_field(r, page, field);
    ap_rvputs(r, "<input id=\"", field->id, "\" name=\"",
              anonid_html_escape(r, field->name), "\"", attributes,
              ties(r, page, field, ""), " value=\"", NULL);
    anonid_html_put_value(
        r, page->draft ? anonid_draft_given(page->draft, field->name) : NULL);
    ap_rputs("\">", r);
    end_field(r);
}

/* ---- the fields that every form has ---- */

static int is_chosen(const anonid_draft_t *draft, const char *alias)
{
    for (int i = 0; draft && i < draft->to->nelts; i++)
        if (strcasecmp(APR_ARRAY_IDX(draft->to, i, const char *), alias) == 0)
            return 1;
    return 0;
}

static void put_option(request_rec *r, const anonid_page_t *page,
                       const char *alias)
{
    const char *label =
        anonid_catalog_label(r->pool, page->catalog, "recipient", alias);

    ap_rvputs(r, "<option", is_chosen(page->draft, alias) ? " selected" : "",
              NULL);
    if (label)
        ap_rvputs(r, " value=\"", anonid_html_escape(r, alias), "\"", NULL);
    ap_rvputs(r, ">", anonid_html_escape(r, label ? label : alias),
              "</option>\n", NULL);
}

static void put_recipients(request_rec *r, const anonid_page_t *page)
{
    const apr_array_header_t *recipients = page->service->recipients;
    field_t field = { "to", "to", page->catalog->texts[ANONID_PHRASE_TO], NULL,
                      1 };

    begin_field(r, page, &field);
    ap_rvputs(r, "<select id=\"to\" name=\"to\"", ties(r, page, &field, ""),
              ">\n", NULL);
    for (int i = 0; i < recipients->nelts; i++)
        put_option(r, page,
                   APR_ARRAY_IDX(recipients, i, anonid_recipient_t).alias);
    ap_rputs("</select>", r);
    end_field(r);
}

static void put_reply_to(request_rec *r, const anonid_page_t *page)
{
    field_t field = { "reply-to", "reply-to",
                      page->catalog->texts[ANONID_PHRASE_REPLY_TO],
                      page->catalog->texts[ANONID_PHRASE_REPLY_TO_HINT], 0 };

    put_input(r, page, &field,
              " type=\"email\" autocomplete=\"email\" maxlength=\"512\"");
}

static void put_subject(request_rec *r, const anonid_page_t *page)
{
    field_t field = { "subject", "subject",
                      page->catalog->texts[ANONID_PHRASE_SUBJECT], NULL, 0 };

    put_input(r, page, &field, " type=\"text\" maxlength=\"998\"");
}

static void put_extra(request_rec *r, const anonid_page_t *page,
                      const anonid_mail_field_t *extra)
{
    field_t field = { extra->name, id_of(r, page, extra->name),
                      anonid_fields_label(r, page, extra), NULL,
                      extra->is_required };

    put_input(
        r, page, &field,
        apr_pstrcat(r->pool, " type=\"text\"", purpose(extra->name), NULL));
}

/* A line end behind <textarea> is not part of its text. Where the form asks
 * more, there need not be a text. */
static void put_body(request_rec *r, const anonid_page_t *page)
{
    field_t field = { "body", "body", page->catalog->texts[ANONID_PHRASE_BODY],
                      NULL, count_extra(page) == 0 };

    begin_field(r, page, &field);
    ap_rvputs(r, "<textarea id=\"body\" name=\"body\" rows=\"10\"",
              ties(r, page, &field, ""), ">\n", NULL);
    anonid_html_put_value(
        r, page->draft ? anonid_draft_given(page->draft, "body") : NULL);
    ap_rputs("</textarea>", r);
    end_field(r);
}

/* What the script says of files, in the visitor's language. */
static const char *for_script(request_rec *r, const anonid_page_t *page,
                              const char *limit)
{
    return apr_psprintf(
        r->pool,
        " data-limit=\"%lu\" data-too-large=\"%s\" data-kilobytes=\"%s\" "
        "data-megabytes=\"%s\"",
        (unsigned long)anonid_body_limit(r),
        anonid_html_escape(
            r, anonid_catalog_fill(r->pool, page->catalog,
                                   ANONID_PHRASE_FILES_TOO_LARGE, limit)),
        phrase(r, page, ANONID_PHRASE_KILOBYTES),
        phrase(r, page, ANONID_PHRASE_MEGABYTES));
}

static void put_files(request_rec *r, const anonid_page_t *page)
{
    const char *limit = shown_size(r, page, anonid_body_limit(r));
    field_t field = { ANONID_FIELD_FILES, ANONID_FIELD_FILES,
                      page->catalog->texts[ANONID_PHRASE_FILES],
                      anonid_catalog_fill(r->pool, page->catalog,
                                          ANONID_PHRASE_FILES_HINT, limit),
                      0 };

    begin_field(r, page, &field);
    if (page->problem && page->draft && page->draft->has_files)
        ap_rvputs(r, "<p class=\"hint\"><strong>",
                  phrase(r, page, ANONID_PHRASE_CHOOSE_AGAIN),
                  "</strong></p>\n", NULL);
    ap_rvputs(r, "<p class=\"hint\" id=\"anonid-drop\" hidden>",
              phrase(r, page, ANONID_PHRASE_FILES_DROP),
              "</p>\n"
              "<p class=\"error\" id=\"anonid-too-large\" "
              "role=\"alert\"></p>\n"
              "<input id=\"" ANONID_FIELD_FILES "\" name=\"" ANONID_FIELD_FILES
              "\" type=\"file\" multiple",
              for_script(r, page, limit),
              ties(r, page, &field, " anonid-too-large"),
              ">\n<ul class=\"chosen\" id=\"anonid-chosen\"></ul>", NULL);
    end_field(r);
}

/* ---- the form ---- */

/* Neither seen nor heard nor reached by a key: only a program fills it in. */
static void put_trap(request_rec *r, const anonid_page_t *page)
{
    ap_rvputs(r, "<div hidden><label for=\"" ANONID_FIELD_TRAP "\">",
              phrase(r, page, ANONID_PHRASE_TRAP),
              "</label>\n"
              "<input id=\"" ANONID_FIELD_TRAP "\" name=\"" ANONID_FIELD_TRAP
              "\" type=\"text\" tabindex=\"-1\" autocomplete=\"off\" "
              "data-1p-ignore data-lpignore=\"true\"></div>\n",
              NULL);
}

void anonid_fields_put(request_rec *r, const anonid_page_t *page)
{
    ap_rputs("<form method=\"post\" enctype=\"multipart/form-data\" "
             "accept-charset=\"utf-8\" data-anonid>\n",
             r);
    if (page->token)
        ap_rvputs(r,
                  "<input type=\"hidden\" name=\"" ANONID_FIELD_TOKEN
                  "\" value=\"",
                  page->token, "\">\n", NULL);
    put_recipients(r, page);
    put_reply_to(r, page);
    put_subject(r, page);
    for (int i = 0; i < count_extra(page); i++)
        put_extra(r, page, extra_at(page, i));
    put_body(r, page);
    if (anonid_robots(r)->has_trap)
        put_trap(r, page);
    put_files(r, page);
    ap_rvputs(r, "<button type=\"submit\" data-sending=\"",
              phrase(r, page, ANONID_PHRASE_SENDING), "\">",
              phrase(r, page, ANONID_PHRASE_SEND), "</button>\n</form>\n",
              NULL);
}
