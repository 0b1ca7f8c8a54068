/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of multipart bodies (RFC 2046 section 5.1.1) for forms.
 *
 *   body       = [ preamble CRLF ] "--" boundary LWSP CRLF
 *                part *( delimiter LWSP CRLF part )
 *                delimiter "--" LWSP [ CRLF epilogue ]
 *   part       = *( header line CRLF ) [ CRLF *OCTET ]
 *   delimiter  = CRLF "--" boundary
 *
 * A part's content is found as it is, byte for byte, whatever it claims to
 * be: a MIME parser would take uploaded messages apart. Copies nothing, knows
 * nothing of httpd.
 */
#ifndef ANONID_MODULE_TEXT_MULTIPART_H
#define ANONID_MODULE_TEXT_MULTIPART_H

#include <apr_pools.h>

#define ANONID_BOUNDARY_MAX 70            /* RFC 2046 section 5.1.1 */
#define ANONID_PART_HEADER_MAX (8 * 1024) /* octets of one part's header */

typedef struct {
    const char *next; /* after the last delimiter; NULL at the end */
    const char *end;
    char delimiter[ANONID_BOUNDARY_MAX + 4];
    apr_size_t delimiter_length;
} anonid_multipart_t;

/* Where a part is inside the body. */
typedef struct {
    const char *header; /* lines; the last one may lack its CRLF */
    apr_size_t header_length;
    const char *content;
    apr_size_t length;
} anonid_part_t;

typedef enum {
    ANONID_MULTIPART_PART, /* one part was found */
    ANONID_MULTIPART_END,  /* the close delimiter was reached */
    ANONID_MULTIPART_BAD
} anonid_multipart_state_t;

/* Starts on a whole body: PART if there is a first part, END if there is
 * none, BAD if the boundary is no boundary or does not occur. */
anonid_multipart_state_t anonid_multipart_begin(anonid_multipart_t *multipart,
                                                const char *boundary,
                                                const char *body,
                                                apr_size_t length);

/* The next part. */
anonid_multipart_state_t anonid_multipart_next(anonid_multipart_t *multipart,
                                               anonid_part_t *part);

/* The value of a header field of the part (name without regard to case), with
 * any folding left in: 1, or 0 if it is not there. */
int anonid_part_field(const anonid_part_t *part, const char *name,
                      const char **value, apr_size_t *length);

#endif
