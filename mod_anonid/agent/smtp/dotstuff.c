/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dot-stuffing in pieces; see dotstuff.h.
 */
#include "agent/smtp/dotstuff.h"

#include <string.h>

void anonid_dotstuff_begin(anonid_dotstuff_t *d, const char *data,
                           size_t length)
{
    *d = (anonid_dotstuff_t){ data, data + length, "", 1, 0 };
}

static size_t put_pending(anonid_dotstuff_t *d, char *out, size_t room)
{
    size_t n = strlen(d->pending);

    if (n > room)
        n = room;
    memcpy(out, d->pending, n);
    d->pending += n;
    return n;
}

/* The rest of the line, as far as there is room. */
static size_t put_line(anonid_dotstuff_t *d, char *out, size_t room)
{
    size_t left = (size_t)(d->end - d->next);
    size_t n = left < room ? left : room;
    const char *lf = memchr(d->next, '\n', n);

    if (lf)
        n = (size_t)(lf - d->next) + 1;
    memcpy(out, d->next, n);
    d->next += n;
    d->line_start = lf != NULL;
    return n;
}

size_t anonid_dotstuff_next(anonid_dotstuff_t *d, char *out, size_t room)
{
    size_t used = 0;

    while (used < room) {
        used += put_pending(d, out + used, room - used);
        if (*d->pending || used == room)
            break;
        if (d->next == d->end) {
            if (d->ended)
                break;
            d->pending = d->line_start ? ".\r\n" : "\r\n.\r\n";
            d->ended = 1;
            continue;
        }
        if (d->line_start && *d->next == '.') {
            d->pending = ".";
            d->line_start = 0;
            continue;
        }
        used += put_line(d, out + used, room - used);
    }
    return used;
}

int anonid_dotstuff_done(const anonid_dotstuff_t *d)
{
    return d->ended && !*d->pending;
}
