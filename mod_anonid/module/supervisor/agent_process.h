/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's life as a supervisor sees it: started, or found; told
 * everything; ready; ended.
 */
#ifndef ANONID_MODULE_SUPERVISOR_AGENT_PROCESS_H
#define ANONID_MODULE_SUPERVISOR_AGENT_PROCESS_H

#include "module/supervisor/control_channel.h"

/* How long a start, or taking up a new configuration, may take. */
#define ANONID_AGENT_START_TIMEOUT apr_time_from_sec(10)

/* How long an agent that was told to end may take. */
#define ANONID_AGENT_END_TIMEOUT apr_time_from_sec(6)

/* 1 if an agent runs (or has died unnoticed). */
int anonid_agent_runs(const anonid_control_channel_t *talk);

/* Starts an agent and tells it the configuration; retained->settings say how.
 * NULL, or why it could not be; then none runs. In the pool. */
const char *anonid_agent_start(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* Takes the place of the supervisor before, and tells its agent the
 * configuration that is in force now. NULL, or why the agent was lost. */
const char *anonid_agent_adopt(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* Waits until the agent is ready and has taken the configuration up. NULL
 * (also when the supervisor is to end meanwhile), or why it has not; then it
 * was ended. */
const char *anonid_agent_await(anonid_control_channel_t *talk,
                               apr_pool_t *pool);

/* 1 if the program is not the file any more that the agent was started
 * from. */
int anonid_agent_is_outdated(const anonid_control_channel_t *talk);

/* Ends an agent that does not talk with us any more, and says what happened
 * to it; rv is what the conversation came to. */
const char *anonid_agent_lost(anonid_control_channel_t *talk, apr_status_t rv,
                              apr_pool_t *pool);

/* Ends the agent: tells it to, waits for `grace`, then kills it. Logs the last
 * that it had to say, and returns how it died. Harmless when none runs. */
const char *anonid_agent_end(anonid_control_channel_t *talk,
                             apr_interval_time_t grace, apr_pool_t *pool);

#endif
