/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channels to the agent that a child process of httpd keeps: one for each
 * request that asks something at the moment, used again by later ones. Knows
 * no message and nothing of httpd.
 */
#ifndef ANONID_MODULE_CHANNEL_CHANNELS_H
#define ANONID_MODULE_CHANNEL_CHANNELS_H

#include "common/channel.h"

#include <apr_pools.h>

/* How long a channel may be awaited, and a request may take to be sent. */
#define ANONID_CHANNELS_TIMEOUT apr_time_from_sec(10)

/* Begins; in a child process, before the first request. There will be at most
 * `most` channels at a time (and at most the agent's share of a process). */
apr_status_t anonid_channels_start(const char *socket_path, int most);

/* Takes a channel that is connected. fresh: none that was used before; and
 * *used says whether it was. Waits for one where all are in use. */
apr_status_t anonid_channels_take(anonid_channel_t **channel, int fresh,
                                  int *used);

/* Gives it back; a channel that failed, or still owes an answer, is closed. */
void anonid_channels_put(anonid_channel_t *channel, int reusable);

#endif
