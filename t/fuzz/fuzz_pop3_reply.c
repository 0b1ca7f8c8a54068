/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POP3 replies: whatever a server sends, a good reply lies inside of what was
 * sent, and reads the same however much follows it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/pop3/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const anonid_mail_reply_t *reply, const char *text,
                         size_t length)
{
    if (text < reply->data || text + length + 2 > reply->data + reply->length)
        abort();
}

static void check_reply(anonid_phase_t phase, const anonid_mail_reply_t *reply)
{
    anonid_capabilities_t caps;
    const char *text;
    size_t offset = 0, length;
    char shown[256];

    while (anonid_pop3_reply_line(reply, &offset, &text, &length))
        check_inside(reply, text, length);
    if (offset != reply->length)
        abort();
    anonid_pop3_driver.challenge(reply, &text, &length);
    check_inside(reply, text, length);
    (void)anonid_pop3_driver.judge(phase, reply);
    anonid_pop3_driver.text(reply, shown, sizeof(shown));
    if (strpbrk(shown, "\r\n"))
        abort();
    anonid_pop3_capabilities(reply, &caps);
    if (strlen(caps.mechanisms) >= sizeof(caps.mechanisms))
        abort();
}

static void check_phase(anonid_phase_t phase, const char *text, size_t size)
{
    const anonid_mail_driver_t *driver = &anonid_pop3_driver;
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
    check_phase(ANONID_PHASE_HELLO, (const char *)data, size);
    check_phase(ANONID_PHASE_AUTH, (const char *)data, size);
    return 0;
}
