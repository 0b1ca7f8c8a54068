/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of multipart bodies; see multipart.h.
 */
#include "module/text/multipart.h"

#include <string.h>
#include <strings.h>

/* Behind a delimiter: "--" or LWSP CRLF. Anything else means that content
 * just begins like the delimiter. *after is where what follows begins. */
static anonid_multipart_state_t
after_delimiter(const char *next, const char *end, const char **after)
{
    if (end - next >= 2 && memcmp(next, "--", 2) == 0) {
        *after = NULL;
        return ANONID_MULTIPART_END;
    }
    while (next < end && (*next == ' ' || *next == '\t'))
        next++;
    if (end - next < 2 || memcmp(next, "\r\n", 2) != 0)
        return ANONID_MULTIPART_BAD;
    *after = next + 2;
    return ANONID_MULTIPART_PART;
}

/* Finds the next delimiter at or behind `from` and steps behind it.
 * *content_end is where it begins. */
static anonid_multipart_state_t
step(anonid_multipart_t *multipart, const char *from, const char **content_end)
{
    while (from < multipart->end) {
        const char *found =
            memmem(from, (size_t)(multipart->end - from), multipart->delimiter,
                   multipart->delimiter_length);
        anonid_multipart_state_t state;

        if (!found)
            break;
        state = after_delimiter(found + multipart->delimiter_length,
                                multipart->end, &multipart->next);
        if (state != ANONID_MULTIPART_BAD) {
            *content_end = found;
            return state;
        }
        from = found + 1;
    }
    multipart->next = NULL;
    return ANONID_MULTIPART_BAD;
}

anonid_multipart_state_t anonid_multipart_begin(anonid_multipart_t *multipart,
                                                const char *boundary,
                                                const char *body,
                                                apr_size_t length)
{
    size_t octets = strlen(boundary);
    const char *ignored;

    multipart->next = NULL;
    multipart->end = body + length;
    if (octets == 0 || octets > ANONID_BOUNDARY_MAX)
        return ANONID_MULTIPART_BAD;
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary, octets);
    multipart->delimiter_length = octets + 4;

    /* The first one may stand at the very beginning, without its CRLF. */
    if (length >= octets + 2
        && memcmp(body, multipart->delimiter + 2, octets + 2) == 0) {
        anonid_multipart_state_t state = after_delimiter(
            body + octets + 2, multipart->end, &multipart->next);

        if (state != ANONID_MULTIPART_BAD)
            return state;
    }
    return step(multipart, body, &ignored);
}

/* Cuts a part into header and content:
 *
 *   part = *( header line CRLF ) [ CRLF *OCTET ]
 *
 * where the last header line's CRLF, or the empty line's, may be that of the
 * delimiter when there is no content. */
static int cut_part(anonid_part_t *part, const char *start, const char *end)
{
    size_t octets = (size_t)(end - start);
    size_t searched = octets > ANONID_PART_HEADER_MAX + 4
                          ? ANONID_PART_HEADER_MAX + 4
                          : octets;
    const char *blank = memmem(start, searched, "\r\n\r\n", 4);

    part->header = start;
    if (octets >= 2 && memcmp(start, "\r\n", 2) == 0)
        blank = start - 2;
    if (!blank) {
        part->header_length = octets;
        part->content = end;
        part->length = 0;
        return octets <= ANONID_PART_HEADER_MAX;
    }
    part->header_length = (apr_size_t)(blank + 2 - start);
    part->content = blank + 4;
    part->length = (apr_size_t)(end - part->content);
    return 1;
}

anonid_multipart_state_t anonid_multipart_next(anonid_multipart_t *multipart,
                                               anonid_part_t *part)
{
    const char *start = multipart->next;
    const char *end;

    if (!start)
        return ANONID_MULTIPART_END;
    /* The CRLF in front of a part may begin the next delimiter, too. */
    if (step(multipart, start - 2, &end) == ANONID_MULTIPART_BAD)
        return ANONID_MULTIPART_BAD;
    if (end < start)
        end = start;
    return cut_part(part, start, end) ? ANONID_MULTIPART_PART
                                      : ANONID_MULTIPART_BAD;
}

/* The end of the field that begins at line: behind it and its folded lines,
 * without the last CRLF. */
static const char *field_end(const char *line, const char *end)
{
    for (const char *next = line;;) {
        const char *stop = memmem(next, (size_t)(end - next), "\r\n", 2);

        if (!stop)
            return end;
        if (stop + 2 == end || (stop[2] != ' ' && stop[2] != '\t'))
            return stop;
        next = stop + 2;
    }
}

int anonid_part_field(const anonid_part_t *part, const char *name,
                      const char **value, apr_size_t *length)
{
    const char *end = part->header + part->header_length;
    size_t octets = strlen(name);

    for (const char *line = part->header; line < end;) {
        const char *stop = field_end(line, end);

        if ((size_t)(stop - line) > octets && line[octets] == ':'
            && strncasecmp(line, name, octets) == 0) {
            *value = line + octets + 1;
            *length = (apr_size_t)(stop - *value);
            return 1;
        }
        line = stop + 2;
    }
    return 0;
}
