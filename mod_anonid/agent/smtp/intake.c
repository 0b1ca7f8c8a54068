/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes a message in; see intake.h.
 */
#include "agent/smtp/intake.h"

#include <stdlib.h>
#include <string.h>

static size_t all; /* octets of all intakes */

static void refuse(anonid_intake_t *in, const char *reply)
{
    if (!in->wrong)
        in->wrong = reply;
}

static int grow(anonid_intake_t *in, size_t needed)
{
    size_t capacity = in->capacity ? in->capacity : 4096;
    char *text;

    while (capacity < needed)
        capacity *= 2;
    if (capacity == in->capacity)
        return 1;
    if (all + capacity - in->capacity > ANONID_INTAKE_ALL)
        return 0;
    text = realloc(in->text, capacity);
    if (!text)
        return 0;
    all += capacity - in->capacity;
    in->text = text;
    in->capacity = capacity;
    return 1;
}

static int put(void *context, const char *data, size_t length)
{
    anonid_intake_t *in = context;

    if (in->wrong)
        return 1;
    if (in->used + length > in->limit) {
        refuse(in, "552 5.3.4 the message is too large");
        return 0;
    }
    if (!grow(in, in->used + length)) {
        refuse(in, "452 4.3.1 no memory for the message now");
        return 0;
    }
    memcpy(in->text + in->used, data, length);
    in->used += length;
    return 1;
}

void anonid_intake_begin(anonid_intake_t *in)
{
    in->in_header = 1;
    in->after_crlf = 1;
    in->header.put = put;
    in->header.context = in;
    anonid_header_begin(&in->header);
}

static void put_body_line(anonid_intake_t *in)
{
    for (size_t i = 0; i < in->length; i++)
        in->eight_bit |= (unsigned char)in->line[i] > 127;
    put(in, in->line, in->length);
    put(in, "\r\n", 2);
}

/* A line has ended, in CRLF or otherwise. */
static void end_line(anonid_intake_t *in, int crlf)
{
    int is_body = !in->in_header;
    int stuffed = in->length > 1 && in->line[0] == '.';

    if (in->length == 1 && in->line[0] == '.' && crlf && in->after_crlf) {
        in->ended = 1;
        return;
    }
    if (!crlf && in->strict)
        refuse(in, "550 5.6.11 a line ends in a bare CR or LF: write CRLF "
                   "(or set newlines=normalize)");
    if (in->length > ANONID_LINE_MAX + (size_t)stuffed) {
        refuse(in, "550 5.6.0 a line is longer than 998 octets: encode the "
                   "message (quoted-printable or base64)");
        in->length = 0;
    }
    if (memchr(in->line, '\0', in->length))
        refuse(in, "550 5.6.0 there is a NUL octet in the message");
    if (stuffed && in->length > 0)
        memmove(in->line, in->line + 1, --in->length);
    if (in->in_header)
        in->in_header =
            anonid_header_line(&in->header, in->line, in->length, &is_body);
    if (is_body)
        put_body_line(in);
    in->length = 0;
    in->after_crlf = crlf;
}

static void add_octet(anonid_intake_t *in, char c)
{
    if (in->length < sizeof(in->line))
        in->line[in->length++] = c;
}

/* CRs before an LF are one line end with it: "CR CR LF" comes from programs
 * that made CRLF twice. */
static void take(anonid_intake_t *in, char c)
{
    if (c == '\n') {
        end_line(in, in->cr == 1);
        in->cr = 0;
        return;
    }
    if (c == '\r') {
        in->cr = in->cr ? 2 : 1;
        return;
    }
    if (in->cr) {
        end_line(in, 0);
        in->cr = 0;
    }
    add_octet(in, c);
}

static void finish(anonid_intake_t *in)
{
    if (in->in_header)
        anonid_header_end(&in->header);
    if (in->header.wrong)
        refuse(in, in->header.wrong);
}

size_t anonid_intake_feed(anonid_intake_t *in, const char *data, size_t length)
{
    size_t at = 0;

    while (at < length && !in->ended)
        take(in, data[at++]);
    if (in->ended)
        finish(in);
    return at;
}

anonid_mail_message_t anonid_intake_message(const anonid_intake_t *in)
{
    return (anonid_mail_message_t){
        .data = in->text,
        .length = in->used,
        .traits = { in->eight_bit, in->header.utf8 },
    };
}

void anonid_intake_free(anonid_intake_t *in)
{
    anonid_header_free(&in->header);
    all -= in->capacity;
    free(in->text);
    in->text = NULL;
    in->used = in->capacity = 0;
}
