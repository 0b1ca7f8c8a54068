/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: a thread of the httpd parent that stays with the agent.
 *
 * It hears what the agent says, looks at the sources, and starts the agent
 * anew when it has died. httpd's monitor hook cannot do this: it runs every
 * ten seconds. The thread blocks all signals, and lives from the end of
 * post_config to the end of that configuration. It holds the fork guard
 * whenever it runs, so a worker is forked only while it waits.
 */
#ifndef ANONID_MODULE_SUPERVISOR_KEEPER_H
#define ANONID_MODULE_SUPERVISOR_KEEPER_H

#include "module/supervisor/control_channel.h"

/* Starts the thread, which now has the conversation. */
apr_status_t anonid_keeper_start(anonid_control_channel_t *talk);

/* Stops the thread and waits for it; harmless if none runs. The conversation
 * then is the caller's again. */
void anonid_keeper_stop(void);

#endif
