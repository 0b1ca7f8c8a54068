/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of protocols that listeners speak; see protocol.h. The module has
 * to know which there are (config/listen.c).
 */
#include "agent/relay/protocol.h"

#include <stddef.h>

static const anonid_listener_protocol_t *const protocols[] = {
    &anonid_smtp_listener,
    &anonid_imap_listener,
    &anonid_pop3_listener,
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

const anonid_listener_protocol_t *
anonid_listener_protocol_find(anonid_mail_protocol_t protocol)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        if (protocols[i]->protocol == protocol)
            return protocols[i];
    }
    return NULL;
}
