/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of protocols that listeners speak; see protocol.h. The module has
 * to know which there are (config/listen.c).
 */
#include "agent/relay/protocol.h"

#include <stddef.h>

static const anonid_listener_protocol_t *const protocols[] = {
    &anonid_smtp_listener,
    NULL,
};

const anonid_listener_protocol_t *
anonid_listener_protocol_find(anonid_mail_protocol_t protocol)
{
    for (size_t i = 0; protocols[i]; i++) {
        if (protocols[i]->protocol == protocol)
            return protocols[i];
    }
    return NULL;
}
