/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks over a message, line by line; see check.h. Allocates nothing.
 */
#include "agent/message/check.h"
#include "agent/message/mailbox.h"
#include "common/text.h"

#include <string.h>
#include <strings.h>

/* One pass over the message. */
typedef struct {
    const char *next;
    const char *end;
    const char *line; /* the current line, without its CRLF */
    size_t length;
    int high; /* it has octets over 127 */
} lines_t;

typedef struct {
    const char *mail_from;
    int from;
    int sender;
} header_state_t;

/* The header field that a line begins: its name, and a body that may go on
 * in the lines after it. */
typedef struct {
    const char *name;
    size_t name_length;
    const char *body;
    const char *end;
} field_t;

static int has_high(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] > 127)
            return 1;
    }
    return 0;
}

/* Takes the next line. NULL, or what is wrong with it. */
static const char *next_line(lines_t *lines)
{
    size_t left = (size_t)(lines->end - lines->next);
    const char *lf = memchr(lines->next, '\n', left);
    const char *stop = lf ? lf : lines->end;

    lines->line = lines->next;
    lines->length = (size_t)(stop - lines->line);
    if (lf && (lines->length == 0 || lf[-1] != '\r'))
        return "a line ends in LF instead of CRLF";
    if (lf)
        lines->length--;
    lines->next = lf ? lf + 1 : lines->end;
    if (lines->length > ANONID_LINE_MAX)
        return "a line is longer than 998 octets";
    if (memchr(lines->line, '\r', lines->length))
        return "a CR is not followed by LF";
    if (memchr(lines->line, '\0', lines->length))
        return "there is a NUL octet in it";
    lines->high = has_high(lines->line, lines->length);
    return NULL;
}

static int is_continuation(const char *line, const char *end)
{
    return line < end && (*line == ' ' || *line == '\t');
}

/* field-name = 1*( %d33-57 / %d59-126 ), at once followed by ":" */
static const char *parse_field(const lines_t *lines, field_t *field)
{
    const char *colon = memchr(lines->line, ':', lines->length);

    if (!colon || colon == lines->line)
        return "a line of the header is not a field";
    for (const char *p = lines->line; p < colon; p++) {
        if (*p < 33 || *p > 126)
            return "a field name of the header is malformed";
    }
    field->name = lines->line;
    field->name_length = (size_t)(colon - lines->line);
    field->body = colon + 1;
    field->end = lines->line + lines->length;
    return NULL;
}

static const char *check_octets(const lines_t *lines)
{
    for (size_t i = 0; i < lines->length; i++) {
        unsigned char c = (unsigned char)lines->line[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "there is a control character in the header";
    }
    if (lines->high && !anonid_text_is_utf8(lines->line, lines->length))
        return "the header is not UTF-8";
    return NULL;
}

static int is_named(const field_t *field, const char *name)
{
    return field->name_length == strlen(name)
           && strncasecmp(field->name, name, field->name_length) == 0;
}

/* What a whole field may not be. */
static const char *check_field(const field_t *field, header_state_t *state)
{
    size_t length = (size_t)(field->end - field->body);

    if (is_named(field, "From")) {
        if (state->from++)
            return "there is more than one From field";
        if (!anonid_mailbox_is(field->body, length, state->mail_from))
            return "the From field is not the service's address";
    }
    if (is_named(field, "Sender")) {
        if (state->sender++)
            return "there is more than one Sender field";
        if (!anonid_mailbox_is(field->body, length, state->mail_from))
            return "the Sender field is not the service's address";
    }
    return NULL;
}

/* One field with its continuation lines; the first line was taken. */
static const char *take_field(lines_t *lines, header_state_t *state,
                              anonid_message_traits_t *traits)
{
    field_t field;
    const char *wrong = parse_field(lines, &field);

    if (!wrong)
        wrong = check_octets(lines);
    traits->utf8 |= lines->high;
    while (!wrong && is_continuation(lines->next, lines->end)) {
        wrong = next_line(lines);
        if (!wrong)
            wrong = check_octets(lines);
        traits->utf8 |= lines->high;
        field.end = lines->line + lines->length;
    }
    return wrong ? wrong : check_field(&field, state);
}

static const char *check_header(lines_t *lines, const char *mail_from,
                                anonid_message_traits_t *traits)
{
    header_state_t state = { mail_from, 0, 0 };

    while (lines->next < lines->end) {
        const char *wrong = next_line(lines);

        if (!wrong && lines->length == 0)
            break;
        if (!wrong)
            wrong = take_field(lines, &state, traits);
        if (wrong)
            return wrong;
    }
    return state.from ? NULL : "there is no From field";
}

const char *anonid_message_check(const char *data, size_t length,
                                 const char *mail_from,
                                 anonid_message_traits_t *traits)
{
    lines_t lines = { .next = data, .end = data + length };
    const char *wrong;

    *traits = (anonid_message_traits_t){ 0, 0 };
    if (length == 0)
        return "it is empty";
    wrong = check_header(&lines, mail_from, traits);
    while (!wrong && lines.next < lines.end) {
        wrong = next_line(&lines);
        traits->eight_bit |= lines.high;
    }
    return wrong;
}
