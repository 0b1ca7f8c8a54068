/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers that wait to be put into account files. At httpd's start there
 * may be thousands, and each change of a file is a whole new file: so they
 * wait for each other, until none has come for a moment, and then each file
 * is written once.
 */
#ifndef ANONID_MODULE_SUPERVISOR_STORES_H
#define ANONID_MODULE_SUPERVISOR_STORES_H

#include "common/account.h"
#include "common/channel.h"
#include "module/supervisor/account_lock.h"
#include "module/supervisor/sources.h"

#include <httpd.h>

typedef struct anonid_stores_t anonid_stores_t;

anonid_stores_t *anonid_stores_make(apr_pool_t *pool);

/* Adds one, copied. id: of the frame that is to be answered. */
void anonid_stores_add(anonid_stores_t *stores,
                       const anonid_account_t *account, uint32_t id,
                       const char *verifier);

/* How long until they are to be stored; -1: there are none. */
apr_interval_time_t anonid_stores_due(const anonid_stores_t *stores);

/* Stores all, tells the agent about each, and passes the new files. The error
 * of the channel, or APR_SUCCESS. */
apr_status_t anonid_stores_write(anonid_stores_t *stores, server_rec *s,
                                 anonid_account_locks_t *locks,
                                 anonid_sources_t *sources,
                                 anonid_channel_t *agent);

/* Forgets them: the agent that wanted them is gone. */
void anonid_stores_clear(anonid_stores_t *stores);

#endif
