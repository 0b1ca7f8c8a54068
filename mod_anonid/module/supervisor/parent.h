/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The httpd parent's side of the agent: its start, its life and its end, and
 * what workers inherit from it.
 */
#ifndef ANONID_MODULE_SUPERVISOR_PARENT_H
#define ANONID_MODULE_SUPERVISOR_PARENT_H

#include <httpd.h>

#include "common/status.h"

/* The status table as workers see it; NULL before post_config. */
const anonid_status_table_t *anonid_parent_status(void);

/* What workers count; NULL before post_config. */
anonid_worker_page_t *anonid_parent_page(void);

/* The path of the agent's socket for workers. */
const char *anonid_parent_agent_socket(void);

/* Hooks: post_config (table, slots, sockets, agent, supervisor),
 * child_init (drop what a worker must not have). */
void anonid_parent_register(apr_pool_t *p);

#endif
