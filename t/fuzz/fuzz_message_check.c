/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages: one that passes the check ends, on the wire, where the final dot
 * is and nowhere before, and is the same message when the dots are taken out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/smtp/dotstuff.h"
#include "agent/message/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a server would take out of the wire (RFC 5321 section 4.5.2); the
 * message's end in *end. Returns the length of the message. */
static size_t unstuff(const char *wire, size_t size, char *out, size_t *end)
{
    size_t at = 0, used = 0;

    while (at < size) {
        const char *lf = memchr(wire + at, '\n', size - at);
        size_t n = lf ? (size_t)(lf - wire) + 1 - at : size - at;

        if (n == 3 && memcmp(wire + at, ".\r\n", 3) == 0) {
            *end = at + 3;
            return used;
        }
        if (wire[at] == '.') {
            at++;
            n--;
        }
        memcpy(out + used, wire + at, n);
        used += n;
        at += n;
    }
    abort();
}

static size_t stuff(const char *text, size_t size, char *wire, size_t room)
{
    size_t used = 0, piece = size % 7 + 1;
    anonid_dotstuff_t d;

    anonid_dotstuff_begin(&d, text, size);
    while (!anonid_dotstuff_done(&d)) {
        if (used + piece > room)
            abort();
        used += anonid_dotstuff_next(&d, wire + used, piece);
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    anonid_message_traits_t traits;
    size_t room = size * 2 + 16, length, end = 0, n;
    char *wire, *back;

    if (anonid_message_check(text, size, "site@example.test", &traits))
        return 0;
    wire = malloc(room);
    back = malloc(room);
    if (!wire || !back)
        abort();
    length = stuff(text, size, wire, room);
    n = unstuff(wire, length, back, &end);
    /* A last line without an end was given one. */
    if (end != length || n < size || n > size + 2
        || memcmp(back, text, size) != 0)
        abort();
    free(wire);
    free(back);
    return 0;
}
