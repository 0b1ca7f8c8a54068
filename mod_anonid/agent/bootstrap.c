/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon machine's world; see bootstrap.h and anonid_logon_world_t.
 */
#include "agent/bootstrap.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/logon.h"
#include "agent/control/reports.h"
#include "agent/logon/schedule.h"
#include "agent/request/create.h"
#include "agent/status/table.h"

#include <sys/random.h>

/* For jitter only; 0 would do. */
static uint32_t random_number(void)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
        return 0;
    return number;
}

static const anonid_logon_world_t world = {
    .now = apr_time_now,
    .random = random_number,
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
    anonid_logon_set_world(&world);
    anonid_create_use(anonid_report_add_line);
}
