/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewrites a message's header; see header.h.
 */
#include "agent/smtp/header.h"
#include "agent/message/mailbox.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINE_MAX_OCTETS 998

#define NO_MEMORY "452 4.3.1 no memory for the message now"

enum {
    SEEN_FROM = 1,
    SEEN_REPLY_TO = 2,
    SEEN_DATE = 4,
    SEEN_MESSAGE_ID = 8
};

static void put(anonid_header_t *h, const char *data, size_t length)
{
    if (!h->wrong && !h->put(h->context, data, length))
        h->wrong = "552 5.3.4 the message is too large";
}

static void put_field(anonid_header_t *h, const char *name, const char *body)
{
    put(h, name, strlen(name));
    put(h, ": ", 2);
    put(h, body, strlen(body));
    put(h, "\r\n", 2);
}

void anonid_header_begin(anonid_header_t *h)
{
    put_field(h, "Received", h->received);
}

/* ---- fields ---- */

/* Octets of the name at the beginning of a line; 0: it is no field. Blanks in
 * front of the colon are an old form (RFC 5322 section 4.5). */
static size_t name_length(const char *line, size_t length)
{
    size_t name = 0, colon;

    while (name < length && line[name] > 32 && line[name] < 127
           && line[name] != ':')
        name++;
    for (colon = name; colon < length && line[colon] == ' '; colon++)
        continue;
    return colon < length && line[colon] == ':' ? name : 0;
}

static const char *body_of(const anonid_header_t *h, size_t *length)
{
    const char *colon = memchr(h->field, ':', h->length);

    *length = h->length - (size_t)(colon + 1 - h->field);
    return colon + 1;
}

/* What may stand in front of an address as a name, and mean nothing else. */
static int is_name(const char *text, size_t length)
{
    size_t quotes = 0;

    for (size_t i = 0; i < length; i++) {
        if (strchr("<>,;:@()[]\\", text[i]) && text[i])
            return 0;
        quotes += text[i] == '"';
    }
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    while (length > 0 && strchr(" \t\r\n", *text)) {
        text++;
        length--;
    }
    return quotes == 0
           || (quotes == 2 && length > 1 && text[0] == '"'
               && text[length - 1] == '"');
}

static int is_our_address(const anonid_header_t *h, const char *body,
                          size_t length)
{
    const char *open = memchr(body, '<', length);

    if (anonid_mailbox_is(body, length, h->mail_from))
        return 1;
    return open && is_name(body, (size_t)(open - body))
           && anonid_mailbox_is(open, length - (size_t)(open - body),
                                h->mail_from);
}

/* Puts the field out as it came. */
static void keep(anonid_header_t *h)
{
    put(h, h->field, h->length);
    put(h, "\r\n", 2);
}

static void drop(anonid_header_t *h)
{
    (void)h;
}

static void take_from(anonid_header_t *h)
{
    size_t length;
    const char *body = body_of(h, &length);

    if (h->seen & SEEN_FROM)
        return;
    h->seen |= SEEN_FROM;
    if (is_our_address(h, body, length)) {
        keep(h);
        return;
    }
    put_field(h, "From", h->mail_from);
    while (length > 0 && (*body == ' ' || *body == '\t')) {
        body++;
        length--;
    }
    /* "Reply-To: " must not make the line too long. */
    if (length < LINE_MAX_OCTETS - 10 && memchr(body, '@', length))
        h->other_from = strndup(body, length);
}

static void keep_first(anonid_header_t *h, unsigned flag)
{
    if (!(h->seen & flag))
        keep(h);
    h->seen |= flag;
}

static void take_reply_to(anonid_header_t *h)
{
    keep_first(h, SEEN_REPLY_TO);
}

static void take_date(anonid_header_t *h)
{
    keep_first(h, SEEN_DATE);
}

static void take_message_id(anonid_header_t *h)
{
    keep_first(h, SEEN_MESSAGE_ID);
}

static void take_received(anonid_header_t *h)
{
    if (++h->received_fields > ANONID_RECEIVED_MAX && !h->wrong)
        h->wrong = "554 5.4.6 the message goes round in a loop: it has too "
                   "many Received fields";
    keep(h);
}

static const struct {
    const char *name;
    void (*take)(anonid_header_t *h);
} fields[] = {
    { "From", take_from },
    { "Sender", drop },
    { "Reply-To", take_reply_to },
    { "Date", take_date },
    { "Bcc", drop },
    { "Message-ID", take_message_id },
    { "Return-Path", drop },
    { "Received", take_received },
};

/* Moves the colon up to the name. */
static void remove_blanks(anonid_header_t *h, size_t name)
{
    char *colon = memchr(h->field, ':', h->length);
    size_t blanks = (size_t)(colon - h->field) - name;

    memmove(h->field + name, colon, h->length - name - blanks);
    h->length -= blanks;
}

/* The field is whole. */
static void end_field(anonid_header_t *h)
{
    size_t name = h->length > 0 ? name_length(h->field, h->length) : 0;
    void (*take)(anonid_header_t *) = keep;

    if (h->length == 0)
        return;
    remove_blanks(h, name);
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (strlen(fields[i].name) == name
            && strncasecmp(h->field, fields[i].name, name) == 0)
            take = fields[i].take;
    }
    take(h);
    h->length = 0;
}

/* ---- lines ---- */

static const char *check_octets(anonid_header_t *h, const char *line,
                                size_t length)
{
    int high = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "550 5.6.0 there is a control character in the header";
        high |= c > 127;
    }
    if (high && !anonid_text_is_utf8(line, length))
        return "550 5.6.0 the header is neither ASCII nor UTF-8: encode it "
               "(RFC 2047)";
    h->utf8 |= high;
    return NULL;
}

static int make_room(anonid_header_t *h, size_t more)
{
    size_t capacity = h->capacity ? h->capacity : 1024;
    char *field;

    while (capacity < h->length + more)
        capacity *= 2;
    if (capacity == h->capacity)
        return 1;
    field = realloc(h->field, capacity);
    if (!field)
        return 0;
    h->field = field;
    h->capacity = capacity;
    return 1;
}

/* Adds a line to the field, behind the CRLF of the one before. */
static void add_line(anonid_header_t *h, const char *line, size_t length)
{
    h->total += length + 2;
    if (h->wrong)
        return;
    h->wrong = check_octets(h, line, length);
    if (h->length + length + 2 > ANONID_HEADER_FIELD_MAX
        || h->total > ANONID_HEADER_MAX)
        h->wrong = "552 5.3.4 the message's header is too large";
    else if (length > LINE_MAX_OCTETS)
        h->wrong = "550 5.6.0 a line is longer than 998 octets";
    else if (!h->wrong && !make_room(h, length + 2))
        h->wrong = NO_MEMORY;
    if (h->wrong)
        return;
    if (h->length > 0) {
        memcpy(h->field + h->length, "\r\n", 2);
        h->length += 2;
    }
    memcpy(h->field + h->length, line, length);
    h->length += length;
}

void anonid_header_end(anonid_header_t *h)
{
    end_field(h);
    if (!(h->seen & SEEN_FROM))
        put_field(h, "From", h->mail_from);
    if (h->other_from && !(h->seen & SEEN_REPLY_TO))
        put_field(h, "Reply-To", h->other_from);
    if (!(h->seen & SEEN_DATE))
        put_field(h, "Date", h->date);
    if (!(h->seen & SEEN_MESSAGE_ID))
        put_field(h, "Message-ID", h->message_id);
    put(h, "\r\n", 2);
}

/* mbox's, which old programs leave at the top. */
static int is_mbox_line(const anonid_header_t *h, const char *line,
                        size_t length)
{
    return h->total == 0 && length > 5
           && (memcmp(line, "From ", 5) == 0
               || (length > 6 && memcmp(line, ">From ", 6) == 0));
}

int anonid_header_line(anonid_header_t *h, const char *line, size_t length,
                       int *is_body)
{
    int folded = length > 0 && (*line == ' ' || *line == '\t');

    *is_body = 0;
    if (is_mbox_line(h, line, length))
        return 1;
    if (folded && h->length > 0) {
        add_line(h, line, length);
        return 1;
    }
    if (name_length(line, length) > 0) {
        end_field(h);
        add_line(h, line, length);
        return 1;
    }
    anonid_header_end(h);
    *is_body = length > 0;
    return 0;
}

void anonid_header_free(anonid_header_t *h)
{
    free(h->field);
    free(h->other_from);
    h->field = h->other_from = NULL;
    h->length = h->capacity = 0;
}
