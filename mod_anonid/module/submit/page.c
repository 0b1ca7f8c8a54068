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

/* Marks the field that a problem is about, for those who hear the page. */
static const char *mark(const anonid_problem_t *problem, const char *name)
{
    if (!problem || !problem->field || strcmp(problem->field, name) != 0)
        return "";
    return " aria-invalid=\"true\" aria-describedby=\"problem\"";
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
    ap_rputs("</select></p>\n", r);
}

static void put_input(request_rec *r, const char *name, const char *label,
                      const char *attributes, const char *value,
                      const anonid_problem_t *problem)
{
    put_label(r, name, label);
    ap_rvputs(r, "<input id=\"", name, "\" name=\"", name, "\" ", attributes,
              mark(problem, name), " value=\"", NULL);
    put_value(r, value);
    ap_rputs("\"></p>\n", r);
}

/* A line end behind <textarea> is not part of its text. */
static void put_body(request_rec *r, const char *value,
                     const anonid_problem_t *problem)
{
    put_label(r, "body", "Message");
    ap_rvputs(r,
              "<textarea id=\"body\" name=\"body\" rows=\"12\" cols=\"72\" "
              "required",
              mark(problem, "body"), ">\n", NULL);
    put_value(r, value);
    ap_rputs("</textarea></p>\n", r);
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
              draft ? draft->reply_as_given : NULL, problem);
    put_input(r, "subject", "Subject",
              "type=\"text\" size=\"72\" maxlength=\"998\"",
              draft ? draft->subject : NULL, problem);
    put_body(r, draft ? draft->body : NULL, problem);
    put_label(r, "attachment", "Files");
    ap_rputs("<input id=\"attachment\" name=\"attachment\" type=\"file\" "
             "multiple></p>\n"
             "<p><button type=\"submit\">Send</button></p>\n"
             "</form>\n",
             r);
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

void anonid_page_form(request_rec *r, const anonid_service_t *service,
                      const anonid_draft_t *draft,
                      const anonid_problem_t *problem)
{
    begin(r, problem ? ap_get_status_line(problem->status) + 4
                     : "Send a message");
    if (problem) {
        ap_rvputs(r, "<p id=\"problem\" role=\"alert\">",
                  escape(r, problem->detail), "</p>\n", NULL);
        if (problem->field)
            ap_rvputs(r, "<p>Field: ", escape(r, problem->field), "</p>\n",
                      NULL);
        put_rejected(r, problem->rejected);
    }
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
