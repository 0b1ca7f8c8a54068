/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers and applications say of visitors, as an address, an argument of
 * XCLIENT and one of ID: whatever that is, a server is told of an address or
 * of nobody, in a command of one line.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/imap/id.h"
#include "agent/mail/driver.h"
#include "agent/smtp/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const anonid_visitor_t *visitor)
{
    unsigned char binary[16], own[16] = { 0 };
    int family = visitor->is_v6 ? AF_INET6 : AF_INET;

    if (visitor->port < 0 || visitor->port > 65535 || visitor->hops < 0
        || visitor->hops > ANONID_IMAP_HOPS)
        abort();
    if (!visitor->address[0])
        return;
    own[15] = visitor->is_v6;
    if (inet_pton(family, visitor->address, binary) != 1
        || (family == AF_INET && binary[0] == 127)
        || (family == AF_INET6 && memcmp(binary, own, sizeof(own)) == 0))
        abort();
}

static void tell(const anonid_mail_driver_t *driver,
                 const anonid_visitor_t *visitor)
{
    const anonid_capabilities_t caps = { .flags = ANONID_CAP_CLIENT
                                                  | ANONID_CAP_XCLIENT_NAME
                                                  | ANONID_CAP_XCLIENT_PORT };
    char command[ANONID_COMMAND_MAX];

    driver->tell(&caps, visitor, command);
    /* With its CRLF a command has 512 octets at most. */
    if (strlen(command) > sizeof(command) - 3 || strpbrk(command, "\r\n"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const anonid_smtp_command_t command = { ANONID_SMTP_XCLIENT, text, size };
    anonid_visitor_t visitor = { .hops = ANONID_IMAP_HOPS };

    (void)anonid_visitor_address(&visitor, text, size);
    check(&visitor);
    anonid_imap_id_read(text, size, &visitor);
    check(&visitor);
    tell(&anonid_imap_driver, &visitor);
    if (anonid_smtp_xclient_parse(&command, &visitor))
        return 0;
    check(&visitor);
    if (visitor.address[0])
        tell(&anonid_smtp_driver, &visitor);
    return 0;
}
