/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place of a request; see place.h.
 */
#include "module/submit/place.h"
#include "module/config/config.h"
#include "module/map/map.h"
#include "module/supervisor/parent.h"
#include "common/lognos.h"

#include <http_log.h>

APLOG_USE_MODULE(anonid);

/* Where AnonIDOnLogonFailure is "decline", a request comes here unmapped while
 * its account is not logged on. Seconds until it may be, or 0. */
static int awaits_logon(const request_rec *r)
{
    const anonid_reference_t *map_to = anonid_dir(r)->map_to;
    const anonid_status_table_t *table = anonid_parent_status();
    int slot;

    if (!map_to || !map_to->account || r->user || !table)
        return 0;
    slot = map_to->account->slot;
    if (anonid_status_state(table, slot) == ANONID_STATE_LOGGED_ON)
        return 0;
    return anonid_status_retry_after(table, slot);
}

const anonid_problem_t *anonid_place_unavailable(request_rec *r,
                                                 int retry_after)
{
    anonid_problem_t *problem = anonid_problem_make(
        r->pool, HTTP_SERVICE_UNAVAILABLE, NULL,
        "Messages cannot be sent at the moment. Please try again later.");

    problem->retry_after = retry_after;
    return anonid_problem_say(problem, ANONID_PHRASE_ERROR_UNAVAILABLE, NULL);
}

/* A visitor who has logged on is none of ours; a place where nobody can ever
 * be mapped is the operator's mistake. */
static const anonid_problem_t *not_mapped(request_rec *r)
{
    const anonid_reference_t *map_to = anonid_dir(r)->map_to;
    int retry_after = awaits_logon(r);

    if (retry_after > 0)
        return anonid_place_unavailable(r, retry_after);
    if (!map_to || map_to->none)
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            ANONID_LOGNO(
                0302) "No mail can be sent at %s: "
                      "SetHandler " ANONID_SUBMIT_HANDLER
                      " needs an anonymous account here. Add AnonIDMapTo.",
            r->uri);
    else
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            ANONID_LOGNO(
                0303) "No mail can be sent at %s by a request that is not "
                      "mapped to an anonymous account.",
            r->uri);
    return anonid_problem_say(
        anonid_problem_make(r->pool, HTTP_FORBIDDEN, NULL,
                            "Only anonymous visitors can send messages "
                            "here."),
        ANONID_PHRASE_ERROR_LOGGED_ON, NULL);
}

const anonid_problem_t *anonid_place_find(request_rec *r,
                                          anonid_place_t *place)
{
    const anonid_reference_t *mail = anonid_dir(r)->mail;

    place->service = mail ? mail->service : NULL;
    place->account = anonid_mapped_account(r);
    if (!place->service) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            ANONID_LOGNO(0301) "No mail can be sent at %s: "
                               "SetHandler " ANONID_SUBMIT_HANDLER
                               " needs a mail service here. Add AnonIDMail.",
            r->uri);
        return anonid_problem_say(
            anonid_problem_make(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL,
                                "This server has no mail service for this "
                                "page."),
            ANONID_PHRASE_ERROR_UNAVAILABLE, NULL);
    }
    return place->account ? NULL : not_mapped(r);
}
