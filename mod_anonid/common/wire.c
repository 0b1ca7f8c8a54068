/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and fields in bytes; see wire.h. Knows neither sockets nor what the
 * messages mean.
 */
#include "common/wire.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char magic[4] = { 'A', 'N', 'I', ANONID_WIRE_VERSION };

static uint16_t get16(const unsigned char *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8
           | (uint32_t)p[3];
}

static void put16(unsigned char *p, uint16_t n)
{
    p[0] = (unsigned char)(n >> 8);
    p[1] = (unsigned char)n;
}

static void put32(unsigned char *p, uint32_t n)
{
    put16(p, (uint16_t)(n >> 16));
    put16(p + 2, (uint16_t)n);
}

/* 1 if the octets so far can begin a frame. */
static int header_plausible(const unsigned char *data, size_t length,
                            uint32_t max_body)
{
    size_t n = length < sizeof(magic) ? length : sizeof(magic);

    if (memcmp(data, magic, n) != 0)
        return 0;
    if (length >= 8 && get32(data + 4) > max_body)
        return 0;
    if (length >= 11 && data[10] > ANONID_WIRE_MAX_FDS)
        return 0;
    return length < 12 || data[11] == 0;
}

/* 1 if the fields fill the body exactly. */
static int fields_fit(const unsigned char *body, uint32_t length)
{
    while (length > 0) {
        uint32_t n;

        if (length < ANONID_WIRE_FIELD || get16(body + 2) != 0)
            return 0;
        n = get32(body + 4);
        if (n > length - ANONID_WIRE_FIELD)
            return 0;
        body += ANONID_WIRE_FIELD + n;
        length -= ANONID_WIRE_FIELD + n;
    }
    return 1;
}

anonid_parse_t anonid_wire_decode(const unsigned char *data, size_t length,
                                  uint32_t max_body, anonid_frame_t *frame,
                                  size_t *consumed)
{
    uint32_t body;

    if (!header_plausible(data, length, max_body))
        return ANONID_PARSE_BAD;
    if (length < ANONID_WIRE_HEADER)
        return ANONID_PARSE_MORE;
    body = get32(data + 4);
    if (length - ANONID_WIRE_HEADER < body)
        return ANONID_PARSE_MORE;
    if (!fields_fit(data + ANONID_WIRE_HEADER, body))
        return ANONID_PARSE_BAD;
    frame->type = get16(data + 8);
    frame->nfds = data[10];
    frame->id = get32(data + 12);
    frame->body = data + ANONID_WIRE_HEADER;
    frame->length = body;
    *consumed = ANONID_WIRE_HEADER + (size_t)body;
    return ANONID_PARSE_OK;
}

void anonid_fields_begin(anonid_fields_t *fields, const anonid_frame_t *frame)
{
    fields->next = frame->body;
    fields->end = frame->body + frame->length;
}

int anonid_fields_next(anonid_fields_t *fields, anonid_field_t *field)
{
    if (fields->next == fields->end)
        return 0;
    field->tag = get16(fields->next);
    field->length = get32(fields->next + 4);
    field->value = fields->next + ANONID_WIRE_FIELD;
    fields->next = field->value + field->length;
    return 1;
}

int anonid_frame_field(const anonid_frame_t *frame, uint16_t tag,
                       anonid_field_t *field)
{
    anonid_fields_t fields;

    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, field)) {
        if (field->tag == tag)
            return 1;
    }
    return 0;
}

const char *anonid_field_text(const anonid_field_t *field, apr_pool_t *pool)
{
    if (field->length > 0 && memchr(field->value, '\0', field->length))
        return NULL;
    return apr_pstrmemdup(pool, (const char *)field->value, field->length);
}

int anonid_field_u32(const anonid_field_t *field, uint32_t *value)
{
    if (field->length != 4)
        return 0;
    *value = get32(field->value);
    return 1;
}

int anonid_field_u64(const anonid_field_t *field, uint64_t *value)
{
    if (field->length != 8)
        return 0;
    *value = (uint64_t)get32(field->value) << 32 | get32(field->value + 4);
    return 1;
}

const char *anonid_frame_text(const anonid_frame_t *frame, uint16_t tag,
                              apr_pool_t *pool)
{
    anonid_field_t field;

    if (!anonid_frame_field(frame, tag, &field))
        return NULL;
    return anonid_field_text(&field, pool);
}

uint32_t anonid_frame_u32(const anonid_frame_t *frame, uint16_t tag,
                          uint32_t fallback)
{
    anonid_field_t field;
    uint32_t value;

    if (!anonid_frame_field(frame, tag, &field)
        || !anonid_field_u32(&field, &value))
        return fallback;
    return value;
}

uint64_t anonid_frame_u64(const anonid_frame_t *frame, uint16_t tag,
                          uint64_t fallback)
{
    anonid_field_t field;
    uint64_t value;

    if (!anonid_frame_field(frame, tag, &field)
        || !anonid_field_u64(&field, &value))
        return fallback;
    return value;
}

/* Makes room for n more octets. The old buffer is wiped: frames that the
 * agent builds may never hold a secret, but a habit costs nothing. */
static unsigned char *writer_room(anonid_writer_t *w, size_t n)
{
    size_t capacity = w->capacity ? w->capacity : 512;
    unsigned char *grown;

    if (w->failed || n > UINT32_MAX - w->length) {
        w->failed = 1;
        return NULL;
    }
    while (capacity < w->length + n)
        capacity *= 2;
    if (capacity != w->capacity) {
        grown = malloc(capacity);
        if (!grown) {
            w->failed = 1;
            return NULL;
        }
        if (w->data) {
            memcpy(grown, w->data, w->length);
            explicit_bzero(w->data, w->capacity);
            free(w->data);
        }
        w->data = grown;
        w->capacity = capacity;
    }
    grown = w->data + w->length;
    w->length += n;
    return grown;
}

void anonid_writer_begin(anonid_writer_t *w, uint16_t type, uint8_t nfds,
                         uint32_t id)
{
    unsigned char *p;

    w->length = 0;
    w->failed = 0;
    p = writer_room(w, ANONID_WIRE_HEADER);
    if (!p)
        return;
    memcpy(p, magic, sizeof(magic));
    put32(p + 4, 0);
    put16(p + 8, type);
    p[10] = nfds;
    p[11] = 0;
    put32(p + 12, id);
}

void anonid_writer_bytes(anonid_writer_t *w, uint16_t tag, const void *value,
                         size_t length)
{
    unsigned char *p;

    if (length > UINT32_MAX - ANONID_WIRE_FIELD) {
        w->failed = 1;
        return;
    }
    p = writer_room(w, ANONID_WIRE_FIELD + length);
    if (!p)
        return;
    put16(p, tag);
    put16(p + 2, 0);
    put32(p + 4, (uint32_t)length);
    if (length > 0)
        memcpy(p + ANONID_WIRE_FIELD, value, length);
}

void anonid_writer_text(anonid_writer_t *w, uint16_t tag, const char *value)
{
    if (value)
        anonid_writer_bytes(w, tag, value, strlen(value));
}

void anonid_writer_u32(anonid_writer_t *w, uint16_t tag, uint32_t value)
{
    unsigned char octets[4];

    put32(octets, value);
    anonid_writer_bytes(w, tag, octets, sizeof(octets));
}

void anonid_writer_u64(anonid_writer_t *w, uint16_t tag, uint64_t value)
{
    unsigned char octets[8];

    put32(octets, (uint32_t)(value >> 32));
    put32(octets + 4, (uint32_t)value);
    anonid_writer_bytes(w, tag, octets, sizeof(octets));
}

int anonid_writer_end(anonid_writer_t *w)
{
    if (w->failed)
        return 0;
    put32(w->data + 4, (uint32_t)(w->length - ANONID_WIRE_HEADER));
    return 1;
}

void anonid_writer_free(anonid_writer_t *w)
{
    if (w->data) {
        explicit_bzero(w->data, w->capacity);
        free(w->data);
    }
    memset(w, 0, sizeof(*w));
}
