/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire between parent, workers, anonidctl and agent: frames and fields.
 *
 * Owns how a message is laid out in bytes; what messages there are and who
 * may send them is in protocol.h; moving them over a socket is channel.h.
 * The decoder treats every byte as hostile: it is bounded, allocates nothing
 * and never logs.
 *
 *   frame   = magic "ANI" (3 octets) version (1 octet, ANONID_WIRE_VERSION)
 *             length  (4 octets: octets of all fields, at most the limit of
 *                      the socket)
 *             type    (2 octets, anonid_message_t)
 *             nfds    (1 octet: descriptors that travel with it, SCM_RIGHTS)
 *             zero    (1 octet)
 *             id      (4 octets: chosen by who asks, repeated in the answer)
 *             field*
 *   field   = tag     (2 octets, anonid_tag_t)
 *             zero    (2 octets)
 *             length  (4 octets)
 *             value   (length octets)
 *
 * Numbers are big-endian. A number field has exactly 4 (u32) or 8 (u64)
 * octets. A text field is UTF-8 without NUL and carries no terminator.
 */
#ifndef ANONID_COMMON_WIRE_H
#define ANONID_COMMON_WIRE_H

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>

#define ANONID_WIRE_VERSION 1
#define ANONID_WIRE_HEADER 16
#define ANONID_WIRE_FIELD 8
#define ANONID_WIRE_MAX_FDS 4

/* What every parser of this project answers. */
typedef enum {
    ANONID_PARSE_OK,   /* one whole item; `consumed` says how much it took */
    ANONID_PARSE_MORE, /* a good beginning; call again with more bytes */
    ANONID_PARSE_BAD   /* can never become good */
} anonid_parse_t;

typedef struct {
    uint16_t type;
    uint8_t nfds;
    uint32_t id;
    const unsigned char *body; /* the fields; inside the decoded buffer */
    uint32_t length;
} anonid_frame_t;

typedef struct {
    uint16_t tag;
    const unsigned char *value;
    uint32_t length;
} anonid_field_t;

/* Walks over the fields of a decoded frame. */
typedef struct {
    const unsigned char *next;
    const unsigned char *end;
} anonid_fields_t;

/* Builds one frame in memory of its own (malloc; zeroed when freed). After a
 * failed allocation or a frame over 4 GiB it stays `failed`. */
typedef struct {
    unsigned char *data;
    size_t length;
    size_t capacity;
    int failed;
} anonid_writer_t;

/*
 * Decodes the frame at the beginning of data. Bodies over max_body, a wrong
 * magic or version, non-zero reserved octets, too many descriptors and
 * fields that do not fill the body exactly are BAD, and BAD is said as early
 * as the bytes allow. On OK frame->body points into data.
 */
anonid_parse_t anonid_wire_decode(const unsigned char *data, size_t length,
                                  uint32_t max_body, anonid_frame_t *frame,
                                  size_t *consumed);

/* Iteration over a frame that anonid_wire_decode said OK to. next: 1 with
 * *field filled, or 0 at the end. */
void anonid_fields_begin(anonid_fields_t *fields, const anonid_frame_t *frame);
int anonid_fields_next(anonid_fields_t *fields, anonid_field_t *field);

/* The first field with that tag: 1 or 0. */
int anonid_frame_field(const anonid_frame_t *frame, uint16_t tag,
                       anonid_field_t *field);

/* Values. text: a NUL-terminated copy in the pool, NULL if it holds a NUL
 * octet. u32/u64: 1, or 0 if the field has another length. */
const char *anonid_field_text(const anonid_field_t *field, apr_pool_t *pool);
int anonid_field_u32(const anonid_field_t *field, uint32_t *value);
int anonid_field_u64(const anonid_field_t *field, uint64_t *value);

/* First field with a tag, straight from a frame: NULL, or the fallback, when
 * it is absent or malformed. */
const char *anonid_frame_text(const anonid_frame_t *frame, uint16_t tag,
                              apr_pool_t *pool);
uint32_t anonid_frame_u32(const anonid_frame_t *frame, uint16_t tag,
                          uint32_t fallback);
uint64_t anonid_frame_u64(const anonid_frame_t *frame, uint16_t tag,
                          uint64_t fallback);

/* Writing: begin, add fields in any order, end (fills the length in), send
 * data/length, free. begin on a used writer starts over. A NULL text is left
 * out. */
void anonid_writer_begin(anonid_writer_t *w, uint16_t type, uint8_t nfds,
                         uint32_t id);
void anonid_writer_bytes(anonid_writer_t *w, uint16_t tag, const void *value,
                         size_t length);
void anonid_writer_text(anonid_writer_t *w, uint16_t tag, const char *value);
void anonid_writer_u32(anonid_writer_t *w, uint16_t tag, uint32_t value);
void anonid_writer_u64(anonid_writer_t *w, uint16_t tag, uint64_t value);
/* 1, or 0 if the frame could not be built. */
int anonid_writer_end(anonid_writer_t *w);
void anonid_writer_free(anonid_writer_t *w);

/* A writer that holds nothing yet. */
#define ANONID_WRITER_INIT                                                    \
    {                                                                         \
        NULL, 0, 0, 0                                                         \
    }

#endif
