/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks another protocol than a listener: TLS, because a program was
 * told to use it where there is none, or HTTP, because a page has made a
 * browser on this machine post to a port that asks for no password.
 */
#ifndef ANONID_AGENT_RELAY_FOREIGN_H
#define ANONID_AGENT_RELAY_FOREIGN_H

#include "agent/relay/client.h"

typedef enum {
    ANONID_FOREIGN_TLS,
    ANONID_FOREIGN_HTTP
} anonid_foreign_t;

/* Says in the log that a client speaks that, and what to do about it. The
 * client is to be sent away then. */
void anonid_relay_report_foreign(const anonid_relay_client_t *client,
                                 anonid_foreign_t speaks);

/* 1 if what a client has sent first is TLS or HTTP; it is
 * reported. To be asked until the first command is there. */
int anonid_relay_is_foreign(const anonid_relay_client_t *client,
                            const char *data, size_t length);

#endif
