/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message/rfc822 as a draft; see rfc822.h.
 *
 *   message = *field [ CRLF *octet ]                   RFC 5322 section 3.5
 *   field   = 1*ftext ":" value CRLF *( WSP value CRLF )
 */
#include "module/draft/rfc822.h"
#include "module/draft/kept.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* The end of the field that begins at line, behind its last CRLF. */
static const char *field_end(const char *line, const char *end)
{
    const char *stop;

    for (stop = line; stop < end;) {
        stop = (const char *)memmem(stop, (size_t)(end - stop), "\r\n", 2) + 2;
        if (stop == end || (*stop != ' ' && *stop != '\t'))
            break;
    }
    return stop;
}

static const char *unfold(apr_pool_t *pool, const char *start, const char *end)
{
    char *value, *out;

    while (start < end && strchr(" \t\r\n", *start))
        start++;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    value = out = apr_palloc(pool, (apr_size_t)(end - start) + 1);
    for (; start < end; start++)
        if (*start != '\r' && *start != '\n')
            *out++ = *start;
    *out = '\0';
    return value;
}

/* ftext = %d33-57 / %d59-126 */
static size_t name_octets(const char *line, const char *end)
{
    const char *stop = line;

    while (stop<end && * stop> ' ' && *stop < 0x7f && *stop != ':')
        stop++;
    return stop < end && *stop == ':' ? (size_t)(stop - line) : 0;
}

static const anonid_problem_t *read_field(anonid_draft_t *draft,
                                          unsigned *seen, const char *line,
                                          const char *end)
{
    size_t octets = name_octets(line, end);
    anonid_field_line_t header;
    char *field;

    if (octets == 0)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "A line of the message's header is no "
                                   "header field.");
    header.name = apr_pstrmemdup(draft->pool, line, octets);
    header.field = field = apr_pstrdup(draft->pool, header.name);
    for (; *field; field++)
        *field = (char)apr_tolower((unsigned char)*field);
    header.value = unfold(draft->pool, line + octets + 1, end);
    for (const char *c = header.value; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return anonid_problem_make(draft->pool, 400, header.field,
                                       "The header field holds control "
                                       "characters.");
    return anonid_kept_take(draft, seen, &header);
}

/* The fields are dropped, but what has come by too many servers comes round in
 * a loop. */
static int is_received(const char *line, const char *end)
{
    static const char name[] = "Received:";
    const size_t length = sizeof(name) - 1;

    return (size_t)(end - line) >= length
           && strncasecmp(line, name, length) == 0;
}

static const anonid_problem_t *read_header(anonid_draft_t *draft,
                                           const char *text, const char *end)
{
    const anonid_problem_t *problem = NULL;
    unsigned seen = 0;
    int received = 0;

    if (end - text > ANONID_HEADER_MAX)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The message's header is longer than %d "
                                   "octets.",
                                   ANONID_HEADER_MAX);
    while (text < end && !problem) {
        const char *stop = field_end(text, end);

        received += is_received(text, stop);
        problem = received > ANONID_RECEIVED_MAX
                      ? anonid_problem_make(draft->pool, 400, "received",
                                            "The message has been through "
                                            "more than %d servers: it goes "
                                            "round in a loop.",
                                            ANONID_RECEIVED_MAX)
                      : read_field(draft, &seen, text, stop);
        text = stop;
    }
    return problem;
}

/* ---- the message ---- */

/* A text with CRLF behind it. */
static const anonid_problem_t *add_crlf(const anonid_draft_t *draft,
                                        const char **text, apr_size_t *length)
{
    const anonid_problem_t *problem = anonid_draft_take(draft, *length + 2);
    char *copy;

    if (problem)
        return problem;
    copy = apr_palloc(draft->pool, *length + 2);
    memcpy(copy, *text, *length);
    memcpy(copy + *length, "\r\n", 2);
    *text = copy;
    *length += 2;
    return NULL;
}

/* LF made CRLF; the text has no CR. */
static const anonid_problem_t *make_crlf(const anonid_draft_t *draft,
                                         const char **text, apr_size_t *length)
{
    const anonid_problem_t *problem;
    apr_size_t octets = *length + 1;
    char *copy, *out;

    for (apr_size_t i = 0; i < *length; i++)
        octets += (*text)[i] == '\n';
    problem = anonid_draft_take(draft, octets);
    if (problem)
        return problem;
    copy = out = apr_palloc(draft->pool, octets);
    for (apr_size_t i = 0; i < *length; i++) {
        if ((*text)[i] == '\n')
            *out++ = '\r';
        *out++ = (*text)[i];
    }
    *text = copy;
    *length = (apr_size_t)(out - copy);
    return NULL;
}

/* What SMTP cannot carry, or what two servers might read in two ways. */
static const char *fault(const char *text, apr_size_t length)
{
    apr_size_t column = 0;

    for (apr_size_t i = 0; i < length; i++, column++) {
        if (text[i] == '\0')
            return "The message holds NUL characters.";
        if (text[i] == '\n')
            return "The message has line ends of more than one kind.";
        if (text[i] == '\r') {
            if (++i == length || text[i] != '\n')
                return "The message has line ends of more than one kind.";
            column = (apr_size_t)-1;
        }
        else if (column >= ANONID_LINE_MAX)
            return "The message has a line of more than 998 octets.";
    }
    return NULL;
}

static int is_8bit(const char *text, apr_size_t length)
{
    for (apr_size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return 1;
    return 0;
}

/* The empty line's end; the text's end if there is no empty line. */
static const char *find_entity(const char *text, const char *end,
                               const char **header_end)
{
    const char *blank;

    *header_end = text;
    if (end - text >= 2 && memcmp(text, "\r\n", 2) == 0)
        return text + 2;
    blank = memmem(text, (size_t)(end - text), "\r\n\r\n", 4);
    *header_end = blank ? blank + 2 : end;
    return blank ? blank + 4 : end;
}

const anonid_problem_t *anonid_rfc822_read(anonid_draft_t *draft,
                                           const anonid_params_t *type,
                                           const char *body, apr_size_t length)
{
    const anonid_problem_t *problem = NULL;
    const char *what, *header_end, *end;

    (void)type;
    if (!memchr(body, '\r', length))
        problem = make_crlf(draft, &body, &length);
    if (problem)
        return problem;
    what = fault(body, length);
    if (what)
        return anonid_problem_make(draft->pool, 400, NULL, "%s", what);
    if (length < 2 || memcmp(body + length - 2, "\r\n", 2) != 0)
        problem = add_crlf(draft, &body, &length);
    if (problem)
        return problem;
    end = body + length;
    draft->fields = "";
    draft->entity = find_entity(body, end, &header_end);
    draft->entity_length = (apr_size_t)(end - draft->entity);
    draft->entity_8bit = is_8bit(draft->entity, draft->entity_length);
    return read_header(draft, body, header_end);
}
