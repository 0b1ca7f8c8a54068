/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a message; see result.h.
 */
#include "module/submit/result.h"
#include "common/lognos.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(anonid);

#define RETRY_AFTER 60 /* seconds, where the agent says nothing */
#define NOT_SENT "The message was not sent: "
#define LATER "Please try again later."
#define UNAVAILABLE "the mail service cannot be used at the moment. " LATER
#define SEE_SERVER_LOG " (the server's error log says why)"
#define RESTART                                                               \
    " (if this lasts, restart httpd: the agent's configuration is another)"
#define PERHAPS_SENT                                                          \
    "It is not known whether the message was sent: it may have been. "

typedef struct {
    anonid_submit_result_t result;
    int status; /* HTTP */
    int level;  /* of the log */
    const char *field;
    const char *name;   /* for the log */
    const char *remedy; /* for the log, from warning up */
    const char *detail;
    anonid_phrase_t phrase; /* for the visitor */
} outcome_t;

static const outcome_t outcomes[] = {
    { ANONID_SUBMIT_TEMPORARY, HTTP_SERVICE_UNAVAILABLE, APLOG_WARNING, NULL,
      "not sent, for now", SEE_SERVER_LOG,
      NOT_SENT "the mail server does not take it at the moment. " LATER,
      ANONID_PHRASE_ERROR_UNAVAILABLE },
    { ANONID_SUBMIT_PERMANENT, HTTP_BAD_GATEWAY, APLOG_WARNING, NULL,
      "refused by the mail server", SEE_SERVER_LOG,
      NOT_SENT "the mail server refused it.", ANONID_PHRASE_ERROR_REFUSED },
    { ANONID_SUBMIT_UNKNOWN_ALIAS, HTTP_NOT_FOUND, APLOG_WARNING, "to",
      "unknown recipient", RESTART, NOT_SENT "there is no such recipient.",
      ANONID_PHRASE_ERROR_TO },
    { ANONID_SUBMIT_TOO_LARGE, HTTP_REQUEST_ENTITY_TOO_LARGE, APLOG_INFO, NULL,
      "too large", NULL, NOT_SENT "it is too large.",
      ANONID_PHRASE_ERROR_TOO_LARGE_THERE },
    { ANONID_SUBMIT_BAD_MESSAGE, HTTP_BAD_REQUEST, APLOG_INFO, NULL,
      "malformed", NULL, NOT_SENT "it cannot be sent as mail.",
      ANONID_PHRASE_ERROR_REFUSED },
    { ANONID_SUBMIT_NOT_LOGGED_ON, HTTP_SERVICE_UNAVAILABLE, APLOG_INFO, NULL,
      "the account is not logged on", NULL, NOT_SENT UNAVAILABLE,
      ANONID_PHRASE_ERROR_UNAVAILABLE },
    { ANONID_SUBMIT_UNCERTAIN, HTTP_BAD_GATEWAY, APLOG_WARNING, NULL,
      "perhaps sent", SEE_SERVER_LOG,
      PERHAPS_SENT "The mail server's last answer was lost.",
      ANONID_PHRASE_ERROR_UNCERTAIN },
    { ANONID_SUBMIT_UNKNOWN, HTTP_SERVICE_UNAVAILABLE, APLOG_ERR, NULL,
      "the agent does not know the account or the service", RESTART,
      NOT_SENT UNAVAILABLE, ANONID_PHRASE_ERROR_UNAVAILABLE },
    { ANONID_SUBMIT_LIMITED, HTTP_TOO_MANY_REQUESTS, APLOG_INFO, NULL,
      "over the sending rate", NULL,
      NOT_SENT "too many messages are being sent. " LATER,
      ANONID_PHRASE_ERROR_BUSY },
    { ANONID_SUBMIT_NOT_PAIRED, HTTP_SERVICE_UNAVAILABLE, APLOG_ERR, NULL,
      "the agent does not let the account use the service", RESTART,
      NOT_SENT UNAVAILABLE, ANONID_PHRASE_ERROR_UNAVAILABLE },
};

static const outcome_t unreachable = { ANONID_SUBMIT_TEMPORARY,
                                       HTTP_SERVICE_UNAVAILABLE,
                                       APLOG_ERR,
                                       NULL,
                                       "not sent: the agent cannot be reached",
                                       SEE_SERVER_LOG,
                                       NOT_SENT UNAVAILABLE,
                                       ANONID_PHRASE_ERROR_UNAVAILABLE };

static const outcome_t agent_died = {
    ANONID_SUBMIT_UNCERTAIN,
    HTTP_SERVICE_UNAVAILABLE,
    APLOG_ERR,
    NULL,
    "perhaps sent: the agent ended before it answered",
    SEE_SERVER_LOG,
    PERHAPS_SENT "The mail service was interrupted.",
    ANONID_PHRASE_ERROR_UNCERTAIN
};

static const outcome_t agent_silent = {
    ANONID_SUBMIT_UNCERTAIN,
    HTTP_BAD_GATEWAY,
    APLOG_ERR,
    NULL,
    "perhaps sent: the agent gave no answer",
    SEE_SERVER_LOG,
    PERHAPS_SENT "The mail service gave no answer.",
    ANONID_PHRASE_ERROR_UNCERTAIN
};

static const outcome_t *find_outcome(anonid_submit_result_t result)
{
    size_t i = 0;

    while (outcomes[i].result != result)
        i++;
    return &outcomes[i];
}

static const outcome_t *outcome_of(apr_status_t status,
                                   const anonid_receipt_t *receipt)
{
    if (status == APR_SUCCESS)
        return find_outcome(receipt->result);
    if (!receipt->handed_over)
        return &unreachable;
    return APR_STATUS_IS_EOF(status) || APR_STATUS_IS_ECONNRESET(status)
               ? &agent_died
               : &agent_silent;
}

static int retry_after(const outcome_t *outcome,
                       const anonid_receipt_t *receipt)
{
    if (outcome->status == HTTP_TOO_MANY_REQUESTS)
        return receipt->retry_after; /* exactly then; 0: never */
    if (outcome->status != HTTP_SERVICE_UNAVAILABLE)
        return 0;
    return receipt->retry_after > 0 ? receipt->retry_after : RETRY_AFTER;
}

/* "one, two": the aliases that the server has taken. */
static const char *accepted_names(apr_pool_t *pool,
                                  const anonid_receipt_t *receipt)
{
    return apr_array_pstrcat(pool, receipt->accepted, ',');
}

static const char *rejected_names(apr_pool_t *pool,
                                  const anonid_receipt_t *receipt)
{
    const char *names = "";

    for (int i = 0; i < receipt->rejected->nelts; i++)
        names = apr_pstrcat(
            pool, names, i ? "," : "",
            APR_ARRAY_IDX(receipt->rejected, i, anonid_rejection_t).alias,
            NULL);
    return names;
}

/* What logs and expressions may say of it. */
static void set_variables(request_rec *r, const anonid_letter_t *letter,
                          const anonid_receipt_t *receipt)
{
    apr_table_t *env = r->subprocess_env;

    apr_table_set(env, "ANONID_MESSAGE_ID", letter->id);
    if (receipt->reply)
        apr_table_setn(env, "ANONID_REPLY", apr_itoa(r->pool, receipt->reply));
}

const anonid_problem_t *
anonid_result_report(request_rec *r, const anonid_submit_request_t *request,
                     const anonid_letter_t *letter, apr_status_t status,
                     const anonid_receipt_t *receipt)
{
    const outcome_t *outcome;
    anonid_problem_t *problem;

    set_variables(r, letter, receipt);
    if (status == APR_SUCCESS && receipt->result == ANONID_SUBMIT_ACCEPTED) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            ANONID_LOGNO(0304) "Message %s was sent: account '%s', mail "
                               "service '%s', server %s, to %s%s%s, reply %d",
            letter->id, request->account, request->service,
            receipt->server ? receipt->server : "?",
            accepted_names(r->pool, receipt),
            receipt->rejected->nelts > 0 ? ", rejected " : "",
            rejected_names(r->pool, receipt), receipt->reply);
        return NULL;
    }
    outcome = outcome_of(status, receipt);
    ap_log_rerror(
        APLOG_MARK, outcome->level, status, r,
        ANONID_LOGNO(
            0305) "Message %s as '%s' through the mail service '%s': %s%s%s%s",
        letter->id, request->account, request->service, outcome->name,
        receipt->detail ? ": " : "", receipt->detail ? receipt->detail : "",
        outcome->remedy ? outcome->remedy : "");
    problem = anonid_problem_make(r->pool, outcome->status, outcome->field,
                                  "%s", outcome->detail);
    (void)anonid_problem_say(problem, outcome->phrase, NULL);
    problem->retry_after = retry_after(outcome, receipt);
    problem->rejected = receipt->rejected;
    return problem;
}
