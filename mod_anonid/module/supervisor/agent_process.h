/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's life as the parent sees it: started, told everything, ready;
 * given a new configuration; ended.
 */
#ifndef ANONID_MODULE_SUPERVISOR_AGENT_PROCESS_H
#define ANONID_MODULE_SUPERVISOR_AGENT_PROCESS_H

#include "module/supervisor/control_channel.h"

/* How long a start, or taking up a new configuration, may take. */
#define ANONID_AGENT_START_TIMEOUT apr_time_from_sec(10)

/* How long an agent that was told to end may take. */
#define ANONID_AGENT_END_TIMEOUT apr_time_from_sec(5)

/* 1 if an agent runs (or has died unnoticed). */
int anonid_agent_runs(const anonid_retained_t *retained);

/* Starts an agent and tells it everything; retained->settings say how. NULL,
 * or why it could not be; then none runs. In the pool. */
const char *anonid_agent_start(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* Tells a running agent the configuration that is in force now. */
const char *anonid_agent_renew(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* Waits until a started agent is ready, or a renewed one has taken the
 * configuration up. NULL, or why it has not; then it was ended. */
const char *anonid_agent_await(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* Ends an agent that does not talk with us any more, and says what happened
 * to it; rv is what the conversation came to. */
const char *anonid_agent_lost(anonid_control_channel_t *talk, apr_status_t rv,
                              apr_pool_t *pool);

/* Ends the agent: closes its socket, waits for `grace`, then kills it. Logs
 * the last that it had to say, and returns how it died. Harmless when none
 * runs. */
const char *anonid_agent_end(anonid_control_channel_t *talk,
                             apr_interval_time_t grace, apr_pool_t *pool);

#endif
