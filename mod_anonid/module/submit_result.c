/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a message; see submit_result.h.
 */
#include "submit_result.h"
#include "../common/lognos.h"

#include <http_log.h>

APLOG_USE_MODULE(anonid);

#define RETRY_AFTER 60 /* seconds, where the agent says nothing */
#define NOT_SENT "The message was not sent: "
#define PERHAPS_SENT                                                          \
    "It is not known whether the message was sent: it may have been. "

typedef struct {
    anonid_submit_result_t result;
    int status; /* HTTP */
    int level;  /* of the log */
    const char *field;
    const char *name;   /* for the log */
    const char *detail; /* for the visitor */
} outcome_t;

static const outcome_t outcomes[] = {
    { ANONID_SUBMIT_TEMPORARY, HTTP_SERVICE_UNAVAILABLE, APLOG_WARNING, NULL,
      "not sent, for now",
      NOT_SENT "the mail server does not take it at the moment. Please try "
               "again later." },
    { ANONID_SUBMIT_PERMANENT, HTTP_BAD_GATEWAY, APLOG_ERR, NULL,
      "refused by the mail server", NOT_SENT "the mail server refused it." },
    { ANONID_SUBMIT_UNKNOWN_ALIAS, HTTP_NOT_FOUND, APLOG_WARNING, "to",
      "unknown recipient", NOT_SENT "there is no such recipient." },
    { ANONID_SUBMIT_TOO_LARGE, HTTP_REQUEST_ENTITY_TOO_LARGE, APLOG_INFO, NULL,
      "too large", NOT_SENT "it is too large." },
    { ANONID_SUBMIT_BAD_MESSAGE, HTTP_BAD_REQUEST, APLOG_INFO, NULL,
      "malformed", NOT_SENT "it cannot be sent as mail." },
    { ANONID_SUBMIT_NOT_LOGGED_ON, HTTP_SERVICE_UNAVAILABLE, APLOG_INFO, NULL,
      "the account is not logged on",
      NOT_SENT "the mail service cannot be used at the moment. Please try "
               "again later." },
    { ANONID_SUBMIT_UNCERTAIN, HTTP_BAD_GATEWAY, APLOG_ERR, NULL,
      "perhaps sent", PERHAPS_SENT "The mail server's last answer was lost." },
    { ANONID_SUBMIT_UNKNOWN, HTTP_SERVICE_UNAVAILABLE, APLOG_ERR, NULL,
      "the agent does not know the account or the service",
      NOT_SENT "the mail service cannot be used at the moment. Please try "
               "again later." },
    { ANONID_SUBMIT_LIMITED, HTTP_TOO_MANY_REQUESTS, APLOG_INFO, NULL,
      "over the sending rate",
      NOT_SENT "too many messages are being sent. Please try again later." },
};

static const outcome_t unreachable = {
    ANONID_SUBMIT_TEMPORARY,
    HTTP_SERVICE_UNAVAILABLE,
    APLOG_ERR,
    NULL,
    "not sent: the agent does not answer",
    NOT_SENT "the mail service cannot be used at the moment. Please try "
             "again later."
};

static const outcome_t agent_died = {
    ANONID_SUBMIT_UNCERTAIN,
    HTTP_SERVICE_UNAVAILABLE,
    APLOG_ERR,
    NULL,
    "perhaps sent: the agent ended before it answered",
    PERHAPS_SENT "The mail service was interrupted. Please try again later."
};

static const outcome_t agent_silent = {
    ANONID_SUBMIT_UNCERTAIN,
    HTTP_BAD_GATEWAY,
    APLOG_ERR,
    NULL,
    "perhaps sent: the agent gave no answer",
    PERHAPS_SENT "The mail service gave no answer."
};

static const outcome_t *find_outcome(anonid_submit_result_t result)
{
    size_t i = 0;

    while (outcomes[i].result != result)
        i++;
    return &outcomes[i];
}

static const outcome_t *outcome_of(apr_status_t status,
                                   const anonid_submitted_t *submitted)
{
    if (status == APR_SUCCESS)
        return find_outcome(submitted->result);
    if (!submitted->handed_over)
        return &unreachable;
    return APR_STATUS_IS_EOF(status) || APR_STATUS_IS_ECONNRESET(status)
               ? &agent_died
               : &agent_silent;
}

static int retry_after(const outcome_t *outcome,
                       const anonid_submitted_t *submitted)
{
    if (outcome->status != HTTP_SERVICE_UNAVAILABLE
        && outcome->status != HTTP_TOO_MANY_REQUESTS)
        return 0;
    return submitted->retry_after > 0 ? submitted->retry_after : RETRY_AFTER;
}

const anonid_problem_t *
anonid_result_report(request_rec *r, const anonid_submit_request_t *request,
                     const anonid_letter_t *letter, apr_status_t status,
                     const anonid_submitted_t *submitted)
{
    const outcome_t *outcome;
    anonid_problem_t *problem;

    if (status == APR_SUCCESS && submitted->result == ANONID_SUBMIT_ACCEPTED) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            ANONID_LOGNO(
                0304) "Message %s was sent as '%s' through the mail service "
                      "'%s' (%d recipients accepted, %d rejected).",
            letter->message_id, request->account, request->service,
            submitted->accepted->nelts, submitted->rejected->nelts);
        return NULL;
    }
    outcome = outcome_of(status, submitted);
    ap_log_rerror(
        APLOG_MARK, outcome->level, status, r,
        ANONID_LOGNO(
            0305) "Message %s as '%s' through the mail service '%s': %s%s%s.",
        letter->message_id, request->account, request->service, outcome->name,
        submitted->detail ? ": " : "",
        submitted->detail ? submitted->detail : "");
    problem = anonid_problem_make(r->pool, outcome->status, outcome->field,
                                  "%s", outcome->detail);
    problem->retry_after = retry_after(outcome, submitted);
    problem->rejected = submitted->rejected;
    return problem;
}
