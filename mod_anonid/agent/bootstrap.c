/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon machine's world; see bootstrap.h and anonid_logon_world_t.
 */
#include "agent/bootstrap.h"
#include "agent/base/backoff.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/logon.h"
#include "agent/control/reports.h"
#include "agent/logon/schedule.h"
#include "agent/oauth/library.h"
#include "agent/request/create.h"
#include "agent/status/table.h"

static const anonid_logon_world_t world = {
    .now = apr_time_now,
    .random = anonid_backoff_random,
    .run = anonid_thread_pool_add_to,
    .provider = anonid_provider_find,
    .wake = anonid_schedule_wake,
    .publish = anonid_status_table_publish,
    .count_attempt = anonid_status_table_count_attempt,
    .published = anonid_status_table_state,
    .warn = anonid_report_warning,
    .recovered = anonid_report_recovered,
    .store = anonid_report_store,
    .look = anonid_report_look,
    .find = anonid_registry_logon,
    .changed = anonid_registry_changed,
    .proven = anonid_registry_tell,
    .recall = anonid_failed_store_recall,
    .remember = anonid_failed_store_remember,
    .forget = anonid_failed_store_forget,
};

void anonid_bootstrap_logons(void)
{
    anonid_oauth_library_start();
    anonid_logon_set_world(&world);
    anonid_create_use(anonid_report_add_line);
}
