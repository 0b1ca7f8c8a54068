/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's question to the agent: what do all machines seal their forms'
 * pages with? Knows the protocol, and nothing of httpd.
 */
#ifndef ANONID_MODULE_CHANNEL_SHARED_KEY_H
#define ANONID_MODULE_CHANNEL_SHARED_KEY_H

#include <apr_errno.h>
#include <apr_pools.h>

/* The key, as a text; NULL: there is none, because there is no secret that
 * the machines share. Or an error: the agent did not answer. */
apr_status_t anonid_agent_shared_key(apr_pool_t *pool, const char **key);

#endif
