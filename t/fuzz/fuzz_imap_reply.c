/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IMAP replies: whatever a server sends, a good reply lies inside of what was
 * sent, reads the same however much follows it, and what a client is shown of
 * its capabilities is atoms.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/imap/capabilities.h"
#include "agent/imap/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const anonid_mail_reply_t *reply, const char *text,
                         size_t length)
{
    if (text < reply->data || text + length + 2 > reply->data + reply->length)
        abort();
}

static void check_lists(const anonid_mail_reply_t *reply)
{
    char out[ANONID_IMAP_LIST_MAX];
    anonid_capabilities_t caps;
    const char *list;
    size_t length;

    anonid_imap_capabilities(reply, &caps);
    if (strlen(caps.mechanisms) >= sizeof(caps.mechanisms))
        abort();
    if (!anonid_imap_capability_list(reply, &list, &length))
        return;
    check_inside(reply, list, length);
    length = anonid_imap_capabilities_strip(list, length, out);
    if (length >= sizeof(out) || length != strlen(out)
        || strpbrk(out, "\r\n]\"({"))
        abort();
}

static void check_reply(anonid_phase_t phase, const anonid_mail_reply_t *reply)
{
    const char *text;
    size_t offset = 0, length;
    char shown[256];

    while (anonid_imap_reply_line(reply, &offset, &text, &length))
        check_inside(reply, text, length);
    if (offset != reply->length)
        abort();
    anonid_imap_reply_end(reply, &text, &length);
    check_inside(reply, text, length);
    anonid_imap_driver.challenge(reply, &text, &length);
    check_inside(reply, text, length);
    (void)anonid_imap_driver.judge(phase, reply);
    for (size_t room = 1; room <= sizeof(shown); room += 51) {
        anonid_imap_driver.text(reply, shown, room);
        if (strlen(shown) >= room || strpbrk(shown, "\r\n"))
            abort();
    }
    check_lists(reply);
}

static void check_phase(anonid_phase_t phase, const char *text, size_t size)
{
    const anonid_mail_driver_t *driver = &anonid_imap_driver;
    anonid_mail_reply_t reply, again;
    size_t consumed = 0, same = 0;

    if (driver->parse(phase, text, size, &reply, &consumed) != ANONID_PARSE_OK)
        return;
    if (consumed > size || reply.length != consumed)
        abort();
    if (driver->parse(phase, text, consumed, &again, &same) != ANONID_PARSE_OK
        || same != consumed)
        abort();
    if (driver->parse(phase, text, consumed - 1, &again, &same)
        != ANONID_PARSE_MORE)
        abort();
    check_reply(phase, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_phase(ANONID_PHASE_GREETING, (const char *)data, size);
    check_phase(ANONID_PHASE_HELLO, (const char *)data, size);
    check_phase(ANONID_PHASE_AUTH, (const char *)data, size);
    return 0;
}
