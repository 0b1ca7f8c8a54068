/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP replies: whatever a server sends, a good reply lies inside of what was
 * sent, reads the same however much follows it, and its lines add up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const anonid_mail_reply_t *reply)
{
    const char *text;
    size_t offset = 0, length;

    while (anonid_smtp_reply_line(reply, &offset, &text, &length)) {
        if (text < reply->data || offset > reply->length
            || text + length + 2 > reply->data + reply->length)
            abort();
    }
    if (offset != reply->length)
        abort();
}

static void check_text(const anonid_mail_reply_t *reply)
{
    int status[3];
    char text[512];

    for (size_t size = 1; size <= sizeof(text); size += 73) {
        anonid_smtp_reply_text(reply, text, size);
        if (strlen(text) >= size || strpbrk(text, "\r\n\t"))
            abort();
    }
    (void)anonid_smtp_reply_enhanced(reply, status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    anonid_mail_reply_t reply, again;
    size_t consumed = 0, same = 0;

    if (anonid_smtp_reply_parse(text, size, &reply, &consumed)
        != ANONID_PARSE_OK)
        return 0;
    if (consumed > size || reply.length != consumed || reply.code < 200
        || reply.code > 559)
        abort();
    if (anonid_smtp_reply_parse(text, consumed, &again, &same)
            != ANONID_PARSE_OK
        || same != consumed)
        abort();
    if (anonid_smtp_reply_parse(text, consumed - 1, &again, &same)
        != ANONID_PARSE_MORE)
        abort();
    check_lines(&reply);
    check_text(&reply);
    return 0;
}
