/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a client's ID; see id.h.
 */
#include "agent/imap/id.h"
#include "agent/imap/command.h"
#include "agent/mail/capabilities.h"

#include <strings.h>

static void read_address(const char *text, size_t length,
                         anonid_visitor_t *visitor)
{
    (void)anonid_visitor_address(visitor, text, length);
}

static void read_port(const char *text, size_t length,
                      anonid_visitor_t *visitor)
{
    visitor->port = anonid_visitor_number(text, length, 65535);
}

/* It only ever gets fewer; what is no number is none. */
static void read_hops(const char *text, size_t length,
                      anonid_visitor_t *visitor)
{
    int hops = anonid_visitor_number(text, length, 255);

    if (hops < visitor->hops)
        visitor->hops = hops;
}

static const struct {
    const char *name;
    void (*read)(const char *text, size_t length, anonid_visitor_t *visitor);
} fields[] = {
    { "x-originating-ip", read_address },
    { "x-originating-port", read_port },
    { "x-proxy-ttl", read_hops },
};

static void read_field(const char *name, size_t name_length, const char *value,
                       size_t length, anonid_visitor_t *visitor)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (anonid_word_is(name, name_length, fields[i].name))
            fields[i].read(value, length, visitor);
    }
}

/* "NIL": a field without a value. */
static int take_nil(anonid_imap_cursor_t *c)
{
    if (c->end - c->next < 3 || strncasecmp(c->next, "NIL", 3) != 0)
        return 0;
    c->next += 3;
    return 1;
}

static int take_octet(anonid_imap_cursor_t *c, char octet)
{
    if (c->next == c->end || *c->next != octet)
        return 0;
    c->next++;
    return 1;
}

/* One field: 1, or 0 where the list ends or is none any more. */
static int take_field(anonid_imap_cursor_t *c, anonid_visitor_t *visitor)
{
    const char *name, *value;
    size_t name_length, length;

    if (!anonid_imap_take_string(c, &name, &name_length)
        || !take_octet(c, ' '))
        return 0;
    if (anonid_imap_take_string(c, &value, &length))
        read_field(name, name_length, value, length, visitor);
    else if (!take_nil(c))
        return 0;
    return 1;
}

void anonid_imap_id_read(const char *arguments, size_t length,
                         anonid_visitor_t *visitor)
{
    anonid_imap_cursor_t c = { arguments, arguments + length };

    if (!take_octet(&c, '('))
        return;
    for (int i = 0; i < ANONID_IMAP_ID_FIELDS; i++) {
        if (!take_field(&c, visitor) || !take_octet(&c, ' '))
            return;
    }
}
