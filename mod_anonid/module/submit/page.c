/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a visitor sees; see page.h.
 */
#include "module/submit/page.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#define FILES "attachment" /* the name of the form's file input */

/* What is said to the visitor, in one line. */
static const char *escape(request_rec *r, const char *text)
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
static void put_value(request_rec *r, const char *value)
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

static void begin(request_rec *r, const char *title)
{
    const char *text = escape(r, title);

    ap_rvputs(r,
              "<!DOCTYPE html>\n"
              "<html lang=\"en\">\n"
              "<head>\n"
              "<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, "
              "initial-scale=1\">\n"
              "<title>",
              text,
              "</title>\n"
              "</head>\n"
              "<body>\n"
              "<main>\n"
              "<h1>",
              text, "</h1>\n", NULL);
}

static void end(request_rec *r)
{
    ap_rputs("</main>\n</body>\n</html>\n", r);
}

static int is_about(const anonid_problem_t *problem, const char *name)
{
    return problem && problem->field && strcmp(problem->field, name) == 0;
}

/* Marks the field that a problem is about, for those who hear the page. */
static const char *mark(const anonid_problem_t *problem, const char *name)
{
    return is_about(problem, name) ? " aria-invalid=\"true\" "
                                     "aria-describedby=\"problem\" autofocus"
                                   : "";
}

static void put_problem(request_rec *r, const anonid_problem_t *problem)
{
    ap_rvputs(r, "<p id=\"problem\" role=\"alert\">",
              escape(r, problem->detail), "</p>\n", NULL);
}

/* The end of a field, and there what is wrong with it. */
static void end_field(request_rec *r, const anonid_problem_t *problem,
                      const char *name)
{
    ap_rputs("</p>\n", r);
    if (is_about(problem, name))
        put_problem(r, problem);
}

static void put_label(request_rec *r, const char *name, const char *label)
{
    ap_rvputs(r, "<p><label for=\"", name, "\">", label, "</label><br>\n",
              NULL);
}

static int is_chosen(const anonid_draft_t *draft, const char *alias)
{
    for (int i = 0; draft && i < draft->to->nelts; i++)
        if (strcasecmp(APR_ARRAY_IDX(draft->to, i, const char *), alias) == 0)
            return 1;
    return 0;
}

static void put_recipients(request_rec *r, const anonid_service_t *service,
                           const anonid_draft_t *draft,
                           const anonid_problem_t *problem)
{
    put_label(r, "to", "To");
    ap_rvputs(r, "<select id=\"to\" name=\"to\" required", mark(problem, "to"),
              ">\n", NULL);
    for (int i = 0; i < service->recipients->nelts; i++) {
        const char *alias =
            APR_ARRAY_IDX(service->recipients, i, anonid_recipient_t).alias;

        ap_rvputs(r, "<option", is_chosen(draft, alias) ? " selected" : "",
                  ">", escape(r, alias), "</option>\n", NULL);
    }
    ap_rputs("</select>", r);
    end_field(r, problem, "to");
}

static void put_input(request_rec *r, const char *name, const char *label,
                      const char *attributes, const anonid_draft_t *draft,
                      const anonid_problem_t *problem)
{
    const char *id = escape(r, name);

    put_label(r, id, escape(r, label));
    ap_rvputs(r, "<input id=\"", id, "\" name=\"", id, "\" ", attributes,
              mark(problem, name), " value=\"", NULL);
    put_value(r, draft ? anonid_draft_given(draft, name) : NULL);
    ap_rputs("\">", r);
    end_field(r, problem, name);
}

static const anonid_mail_field_t *extra_at(const anonid_draft_t *draft, int i)
{
    return &APR_ARRAY_IDX(draft->extra, i, anonid_mail_field_t);
}

static int count_extra(const anonid_draft_t *draft)
{
    return draft && draft->extra ? draft->extra->nelts : 0;
}

/* A line end behind <textarea> is not part of its text. Where the form asks
 * more, there need not be a text. */
static void put_body(request_rec *r, const anonid_draft_t *draft,
                     const anonid_problem_t *problem)
{
    put_label(r, "body", "Message");
    ap_rvputs(r, "<textarea id=\"body\" name=\"body\" rows=\"12\" cols=\"72\"",
              count_extra(draft) > 0 ? "" : " required", mark(problem, "body"),
              ">\n", NULL);
    put_value(r, draft ? anonid_draft_given(draft, "body") : NULL);
    ap_rputs("</textarea>", r);
    end_field(r, problem, "body");
}

static void put_files(request_rec *r, const anonid_draft_t *draft,
                      const anonid_problem_t *problem)
{
    put_label(r, FILES, "Files");
    ap_rvputs(r,
              "<input id=\"" FILES "\" name=\"" FILES "\" type=\"file\" "
              "multiple",
              mark(problem, FILES), ">", NULL);
    end_field(r, problem, FILES);
    if (problem && draft && draft->has_files)
        ap_rputs("<p>Please choose your files again: a browser does not keep "
                 "them.</p>\n",
                 r);
}

static void put_form(request_rec *r, const anonid_service_t *service,
                     const anonid_draft_t *draft,
                     const anonid_problem_t *problem)
{
    ap_rputs("<form method=\"post\" enctype=\"multipart/form-data\" "
             "accept-charset=\"utf-8\">\n",
             r);
    put_recipients(r, service, draft, problem);
    put_input(r, "reply-to", "Your mail address (for an answer)",
              "type=\"text\" inputmode=\"email\" autocomplete=\"email\" "
              "size=\"40\" maxlength=\"512\"",
              draft, problem);
    put_input(r, "subject", "Subject",
              "type=\"text\" size=\"72\" maxlength=\"998\"", draft, problem);
    for (int i = 0; i < count_extra(draft); i++)
        put_input(r, extra_at(draft, i)->name, extra_at(draft, i)->label,
                  "type=\"text\" size=\"72\"", draft, problem);
    put_body(r, draft, problem);
    put_files(r, draft, problem);
    ap_rputs("<p><button type=\"submit\">Send</button></p>\n"
             "</form>\n",
             r);
}

/* Whether the form has the field that a problem is about. */
static int is_in_form(const anonid_draft_t *draft,
                      const anonid_problem_t *problem)
{
    return draft && problem->field
           && (anonid_draft_has(draft, problem->field)
               || strcmp(problem->field, FILES) == 0);
}

static void put_rejected(request_rec *r, const apr_array_header_t *rejected)
{
    if (!rejected || rejected->nelts == 0)
        return;
    ap_rputs("<p>The mail server refused these recipients:</p>\n<ul>\n", r);
    for (int i = 0; i < rejected->nelts; i++) {
        const anonid_rejection_t *rejection =
            &APR_ARRAY_IDX(rejected, i, anonid_rejection_t);

        ap_rvputs(r, "<li>", escape(r, rejection->alias), ": ",
                  escape(r, rejection->reply), "</li>\n", NULL);
    }
    ap_rputs("</ul>\n", r);
}

static void put_heading(request_rec *r, int in_form,
                        const anonid_problem_t *problem)
{
    if (in_form) {
        ap_rputs("<p>The message was not sent. Please correct the field that "
                 "is marked.</p>\n",
                 r);
        return;
    }
    put_problem(r, problem);
    if (problem->field)
        ap_rvputs(r, "<p>Field: ", escape(r, problem->field), "</p>\n", NULL);
    put_rejected(r, problem->rejected);
}

void anonid_page_form(request_rec *r, const anonid_service_t *service,
                      const anonid_draft_t *draft,
                      const anonid_problem_t *problem)
{
    begin(r, problem ? ap_get_status_line(problem->status) + 4
                     : "Send a message");
    if (problem)
        put_heading(r, service && is_in_form(draft, problem), problem);
    if (service)
        put_form(r, service, draft, problem);
    end(r);
}

void anonid_page_sent(request_rec *r, const anonid_receipt_t *receipt,
                      const char *message_id)
{
    begin(r, "Your message was sent");
    ap_rputs("<p role=\"status\">To: ", r);
    for (int i = 0; i < receipt->accepted->nelts; i++)
        ap_rvputs(r, i > 0 ? ", " : "",
                  escape(r, APR_ARRAY_IDX(receipt->accepted, i, const char *)),
                  NULL);
    ap_rvputs(r, "</p>\n<p>Message-ID: <code>", escape(r, message_id),
              "</code></p>\n", NULL);
    put_rejected(r, receipt->rejected);
    end(r);
}
