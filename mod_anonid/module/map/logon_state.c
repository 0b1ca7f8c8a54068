/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a request while its account is not logged on: see
 * logon_state.h.
 */
#include "module/map/logon_state.h"
#include "common/monotonic.h"
#include "module/config/config.h"
#include "module/map/explain.h"
#include "module/supervisor/parent.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

APLOG_USE_MODULE(anonid);

#define PATIENCE apr_time_from_sec(5)
#define POLL_INTERVAL apr_time_from_msec(20)

/* Retry-After where there is no table that would know better. */
#define DEFAULT_RETRY_AFTER 10

static const anonid_logon_answer_t *answer;

void anonid_logon_answer_by(const anonid_logon_answer_t *handler)
{
    answer = handler;
}

static anonid_state_t state_of(const anonid_account_t *account)
{
    const anonid_status_table_t *table = anonid_parent_status();

    return table ? anonid_status_state(table, account->slot)
                 : ANONID_STATE_FAILED;
}

/* Sub-requests and redirects count from the visitor's request: whatever a
 * page is made of, it is held up once. */
static anonid_state_t await_first_attempt(const request_rec *r,
                                          const anonid_account_t *account)
{
    apr_interval_time_t spent = apr_time_now() - r->request_time;
    apr_time_t deadline = anonid_monotonic_now() + PATIENCE;
    anonid_state_t state = state_of(account);

    if (spent > 0)
        deadline -= spent;
    while (state == ANONID_STATE_PENDING
           && anonid_monotonic_now() < deadline) {
        apr_sleep(POLL_INTERVAL);
        state = state_of(account);
    }
    return state;
}

static int is_logged_on(const request_rec *r, const anonid_account_t *account)
{
    return await_first_attempt(r, account) == ANONID_STATE_LOGGED_ON;
}

/* The page that explains an error must not fail by the same error. */
static int may_decline(const request_rec *r)
{
    return anonid_dir(r)->on_failure == ANONID_ON_FAILURE_DECLINE
           || (r->prev && ap_is_HTTP_ERROR(r->prev->status));
}

int anonid_logon_declines(request_rec *r, const anonid_account_t *account)
{
    return may_decline(r) && !is_logged_on(r, account);
}

int anonid_logon_unavailable(request_rec *r, const anonid_account_t *account)
{
    const anonid_status_table_t *table = anonid_parent_status();
    int seconds = DEFAULT_RETRY_AFTER;

    if (table && account->slot >= 0)
        seconds = anonid_status_retry_after(table, account->slot);
    if (answer && !r->main && !anonid_explain_lines && answer->is_here(r))
        return answer->unavailable(r, seconds);
    apr_table_setn(r->err_headers_out, "Retry-After",
                   apr_itoa(r->pool, seconds));
    return HTTP_SERVICE_UNAVAILABLE;
}

static int on_failure(request_rec *r, const anonid_account_t *account)
{
    if (may_decline(r))
        return DECLINED;
    if (anonid_dir(r)->on_failure == ANONID_ON_FAILURE_FORBIDDEN)
        return HTTP_FORBIDDEN;
    return anonid_logon_unavailable(r, account);
}

int anonid_logon_check(request_rec *r, const anonid_account_t *account)
{
    int status;

    if (is_logged_on(r, account))
        return OK;
    status = on_failure(r, account);
    anonid_explain(
        r, "%s is not mapped: account '%s' is not logged on; %s", r->uri,
        account->name,
        status == DECLINED
            ? "left to other authentication"
            : ap_get_status_line(status == DONE ? r->status : status));
    return status;
}
