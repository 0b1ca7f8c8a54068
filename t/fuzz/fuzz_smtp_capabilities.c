/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EHLO replies: whatever a server promises, the list of mechanisms is made of
 * mechanism names, and fits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/smtp/capabilities.h"
#include "agent/smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ ";
    anonid_capabilities_t caps;
    anonid_mail_reply_t reply;
    size_t consumed, length;

    if (anonid_smtp_reply_parse((const char *)data, size, &reply, &consumed)
        != ANONID_PARSE_OK)
        return 0;
    anonid_smtp_capabilities(&reply, &caps);
    length = strlen(caps.mechanisms);
    if (length >= sizeof(caps.mechanisms)
        || strspn(caps.mechanisms, letters) != length
        || strstr(caps.mechanisms, "  ") || caps.mechanisms[0] == ' '
        || (length > 0 && caps.mechanisms[length - 1] == ' '))
        abort();
    return 0;
}
