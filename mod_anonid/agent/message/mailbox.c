/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the mailbox of a header field with an address; see mailbox.h.
 */
#include "agent/message/mailbox.h"

#include <string.h>
#include <strings.h>

/* Blanks, tabs and folds (the message's CRLFs were checked before). */
static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The local part octet for octet, the domain without regard to case. */
static int same_address(const char *text, size_t length, const char *address)
{
    const char *at = strrchr(address, '@');
    size_t local;

    if (!at || length != strlen(address))
        return 0;
    local = (size_t)(at - address) + 1;
    return memcmp(text, address, local) == 0
           && strncasecmp(text + local, at + 1, length - local) == 0;
}

int anonid_mailbox_is(const char *body, size_t length, const char *address)
{
    const char *end = body + length;

    while (body < end && is_space(*body))
        body++;
    while (end > body && is_space(end[-1]))
        end--;
    if (end - body >= 2 && *body == '<' && end[-1] == '>') {
        body++;
        end--;
    }
    return same_address(body, (size_t)(end - body), address);
}
