/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message's life in the agent; see submission.h.
 *
 *   judge -> open -> prove -> count -> check
 *         -> session -> transaction -> conclude
 *            ^        |           |
 *         next server, or a fresh session of the same one
 *
 * Another server, or a second attempt, comes only as long as no server has
 * begun to take the message.
 */
#include "agent/submission/submission.h"
#include "agent/logon/config.h"
#include "agent/mail/pool.h"
#include "agent/mail/server.h"
#include "agent/message/message.h"
#include "agent/submission/policy.h"
#include "agent/sasl/sasl.h"
#include "agent/smtp/transaction.h"
#include "agent/submission/delivery.h"
#include "agent/mail/in_flight.h"
#include "agent/limit/holder.h"
#include "agent/net/tls.h"
#include "agent/base/thread_pool.h"

#include "common/monotonic.h"

#include <apr_strings.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Messages up to this size are checked on the event loop, where it takes a
 * millisecond; larger ones on the thread pool. */
#define CHECK_AT_ONCE (512 * 1024)

/* Seconds after which a visitor may try again who came when there were too
 * many. */
#define RETRY_CROWD 10

struct anonid_submission_t {
    struct anonid_submission_t *next;
    apr_pool_t *pool;
    const char *queue; /* of its jobs */
    anonid_config_t *config;
    anonid_in_flight_t *flight;
    anonid_limit_holder_t places;      /* in the limits of the service */
    anonid_limit_question_t *question; /* for more of them */
    anonid_submit_result_t counted;    /* what it came to */
    anonid_mandate_t mandate;
    anonid_mail_message_t message;
    anonid_login_t *login;
    anonid_submission_done_t done; /* NULL: nobody asks any more */
    void *context;
    struct event *timer;
    apr_time_t started; /* on the monotonic clock */

    int checking; /* on the thread pool: nothing here may be freed */
    const char *bad;
    int server;  /* index in the service */
    int round;   /* of going through them, from 0 */
    char *tried; /* 1 for each that was */
    int asked;   /* how many sessions were asked for */
    int reused;  /* the session carried messages before */
    int begun;
    anonid_pool_request_t *request;
    anonid_smtp_transaction_t *transaction;
    anonid_delivery_t verdict;
    char detail[ANONID_MAIL_ERROR_TEXT_MAX];
};

static struct event_base *loop;
static anonid_submission_t *submissions;

static const anonid_mail_server_t *server_of(const anonid_submission_t *s)
{
    return &APR_ARRAY_IDX(s->mandate.service->servers, s->server,
                          anonid_mail_server_t);
}

static void destroy(anonid_submission_t *s)
{
    anonid_submission_t **link = &submissions;

    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    if (s->timer)
        event_free(s->timer);
    anonid_message_close(&s->message);
    anonid_in_flight_leave(s->flight);
    anonid_limit_cancel(s->question);
    anonid_limit_leave(&s->places);
    anonid_login_drop(s->login);
    if (s->config)
        anonid_config_drop(s->config);
    apr_pool_destroy(s->pool);
    free(s);
}

/* The places that are used stay taken: those of a message that was sent, or
 * may have been, and of the recipients that a server has accepted. */
static void keep_places(anonid_submission_t *s)
{
    anonid_limit_holder_t *places = &s->places;
    unsigned recipients = places->taken[ANONID_LIMIT_RECIPIENTS];

    if (s->verdict.result != ANONID_SUBMIT_ACCEPTED
        && s->verdict.result != ANONID_SUBMIT_UNCERTAIN)
        return;
    if (s->verdict.result == ANONID_SUBMIT_ACCEPTED && recipients > 0)
        recipients = (unsigned)anonid_envelope_count(s->mandate.envelope, 2);
    anonid_limit_keep(places, ANONID_LIMIT_MESSAGES,
                      places->taken[ANONID_LIMIT_MESSAGES]);
    anonid_limit_keep(places, ANONID_LIMIT_RECIPIENTS, recipients);
}

/* Ends the submission with its verdict. */
static void conclude(anonid_submission_t *s)
{
    s->verdict.took = anonid_monotonic_now() - s->started;
    keep_places(s);
    anonid_delivery_log(&s->mandate, &s->verdict);
    if (s->done)
        s->done(s->context, &s->mandate, &s->verdict);
    destroy(s);
}

static anonid_submit_result_t decide(anonid_submission_t *s,
                                     anonid_submit_result_t result,
                                     const char *detail, int retry_after)
{
    s->verdict.result = result;
    s->verdict.retry_after = retry_after;
    s->verdict.detail = NULL;
    if (detail) {
        snprintf(s->detail, sizeof(s->detail), "%s", detail);
        s->verdict.detail = s->detail;
    }
    return result;
}

static void decide_trouble(anonid_submission_t *s,
                           anonid_submit_result_t result,
                           const anonid_mail_error_t *error)
{
    char text[ANONID_MAIL_ERROR_TEXT_MAX + 32];

    snprintf(text, sizeof(text), "%s: %s", anonid_phase_name(error->phase),
             error->text);
    decide(s, result, text, error->retry_after);
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error);

/* Asks for a session of the present server, with an envelope of its own:
 * what another one said to the addresses is not this one's word. 1, or 0 with
 * the verdict. */
static int ask_session(anonid_submission_t *s, int fresh)
{
    s->verdict.server = server_of(s)->url;
    if (s->asked++ > 0)
        s->mandate.envelope =
            anonid_envelope_again(s->pool, s->mandate.envelope);
    s->request =
        anonid_mail_pool_get(s->login, server_of(s), fresh, on_session, s);
    if (!s->request)
        decide(s, ANONID_SUBMIT_TEMPORARY, "no memory", 60);
    return s->request != NULL;
}

/* 1 if the message should go to the present server. In the first round it
 * passes those over that are down; in the second one it tries just them. */
static int is_for(anonid_submission_t *s)
{
    char *tried = &s->tried[s->server];

    if (server_of(s)->protocol != ANONID_MAIL_SUBMISSION || *tried)
        return 0;
    *tried =
        s->round > 0
        || anonid_server_turn(s->mandate.service->name, server_of(s)->url);
    return *tried;
}

/* Goes on to the next submission server: 1, or 0 when there is none, and the
 * verdict of the last one stays. */
static int next_server(anonid_submission_t *s)
{
    for (; s->round < 2; s->round++, s->server = -1) {
        while (++s->server < s->mandate.service->servers->nelts) {
            if (is_for(s))
                return ask_session(s, 0);
        }
    }
    return 0;
}

static void on_begun(void *context)
{
    anonid_submission_t *s = context;

    s->begun = 1;
    evtimer_del(s->timer);
}

/* What the transaction's results are to the visitor. */
static const anonid_submit_result_t results[] = {
    [ANONID_SMTP_ACCEPTED] = ANONID_SUBMIT_ACCEPTED,
    [ANONID_SMTP_LATER] = ANONID_SUBMIT_TEMPORARY,
    [ANONID_SMTP_REFUSED] = ANONID_SUBMIT_PERMANENT,
    [ANONID_SMTP_TOO_LARGE] = ANONID_SUBMIT_TOO_LARGE,
    [ANONID_SMTP_BROKEN] = ANONID_SUBMIT_TEMPORARY,
    [ANONID_SMTP_UNCERTAIN] = ANONID_SUBMIT_UNCERTAIN,
};

/* What a server's refusal is to the operator. */
static void name_refusal(anonid_mail_error_t *error,
                         const anonid_smtp_outcome_t *outcome)
{
    anonid_mail_error_set(error,
                          outcome->result == ANONID_SMTP_LATER
                              ? ANONID_MAIL_ERROR_BUSY
                              : ANONID_MAIL_ERROR_REJECTED,
                          outcome->phase, "%s", outcome->text);
}

static void take_outcome(anonid_submission_t *s,
                         const anonid_smtp_outcome_t *outcome)
{
    const char *server = server_of(s)->url;
    anonid_mail_error_t error = outcome->error;

    anonid_delivery_log_refused(&s->mandate, server);
    if (outcome->result == ANONID_SMTP_ACCEPTED
        || outcome->result == ANONID_SMTP_TOO_LARGE) {
        decide(s, results[outcome->result], outcome->text, 0);
        return;
    }
    if (outcome->result != ANONID_SMTP_BROKEN
        && outcome->result != ANONID_SMTP_UNCERTAIN)
        name_refusal(&error, outcome);
    if (outcome->phase != ANONID_PHASE_RCPT || !outcome->reusable)
        anonid_mail_error_log(&error, s->mandate.service->name, server,
                              s->mandate.account->name, 0);
    decide_trouble(s, results[outcome->result], &error);
}

/* A kept session that is dead says nothing about the server. */
static int is_stale(const anonid_submission_t *s,
                    const anonid_smtp_outcome_t *outcome)
{
    return s->reused && !outcome->begun
           && outcome->result == ANONID_SMTP_BROKEN;
}

static void on_done(void *context, anonid_session_t *session,
                    const anonid_smtp_outcome_t *outcome)
{
    anonid_submission_t *s = context;
    int elsewhere = !outcome->begun
                    && (outcome->result == ANONID_SMTP_LATER
                        || outcome->result == ANONID_SMTP_BROKEN);

    s->transaction = NULL;
    if (is_stale(s, outcome)) {
        anonid_mail_pool_distrust(session);
        anonid_mail_pool_put(session, 0);
        if (!ask_session(s, 1))
            conclude(s);
        return;
    }
    anonid_mail_pool_put(session, outcome->reusable);
    take_outcome(s, outcome);
    if (!elsewhere || !next_server(s))
        conclude(s);
}

static const anonid_smtp_events_t transaction_events = { on_begun, on_done };

/* Proves the account anew: 1 if that gave another version than before. */
static int renew_login(anonid_submission_t *s)
{
    anonid_login_t *login;
    anonid_proof_t proof;

    if (!anonid_registry_proof(s->mandate.account->name, &proof))
        return 0;
    if (proof.version == s->login->proof.version) {
        anonid_proof_release(&proof);
        return 0;
    }
    login = anonid_login_make(loop, s->config, s->mandate.account,
                              s->mandate.service, &proof);
    if (!login)
        return 0;
    anonid_login_for_address(login, s->mandate.client);
    anonid_login_drop(s->login);
    s->login = login;
    return 1;
}

/* There is no session. A password that was changed while this one waited is
 * no reason to send the visitor away. */
static void on_no_session(anonid_submission_t *s,
                          const anonid_mail_error_t *error)
{
    int of_password = error->kind == ANONID_MAIL_ERROR_LOGIN
                      || error->kind == ANONID_MAIL_ERROR_HELD
                      || error->kind == ANONID_MAIL_ERROR_STALE;

    decide_trouble(s, ANONID_SUBMIT_TEMPORARY, error);
    if (of_password && renew_login(s) && ask_session(s, 0))
        return;
    if (!anonid_mail_error_info(error->kind)->next_server || !next_server(s))
        conclude(s);
}

static void on_session(void *context, anonid_session_t *session,
                       const anonid_mail_error_t *error)
{
    anonid_submission_t *s = context;
    anonid_smtp_outcome_t outcome;

    s->request = NULL;
    if (!session) {
        on_no_session(s, error);
        return;
    }
    s->reused = session->used > 0;
    if (!anonid_smtp_fits(session, s->mandate.envelope, &s->message,
                          &outcome)) {
        on_done(s, session, &outcome);
        return;
    }
    s->transaction = anonid_smtp_transaction_start(
        session, s->mandate.envelope, &s->message, &transaction_events, s);
    if (s->transaction)
        return;
    anonid_mail_pool_put(session, 1);
    decide(s, ANONID_SUBMIT_TEMPORARY, "no memory", 60);
    conclude(s);
}

/* Lets go of whatever it waits for. */
static void give_up(anonid_submission_t *s)
{
    if (s->request)
        anonid_mail_pool_cancel(s->request);
    s->request = NULL;
    if (s->transaction)
        anonid_mail_pool_put(anonid_smtp_transaction_cancel(s->transaction),
                             0);
    s->transaction = NULL;
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    anonid_submission_t *s = context;
    anonid_mail_error_t error;

    (void)fd;
    (void)what;
    give_up(s);
    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_LATE,
                          ANONID_PHASE_SUBMISSION,
                          "no server took the message in time");
    decide_trouble(s, ANONID_SUBMIT_TEMPORARY, &error);
    conclude(s);
}

/* The message is good: on to the servers. ACCEPTED, or the verdict. */
static anonid_submit_result_t set_out(anonid_submission_t *s)
{
    struct timeval deadline = anonid_phase_deadline(ANONID_PHASE_SUBMISSION);

    if (s->bad)
        return decide(s, ANONID_SUBMIT_BAD_MESSAGE, s->bad, 0);
    decide(s, ANONID_SUBMIT_UNKNOWN, "the service has no submission server",
           0);
    evtimer_add(s->timer, &deadline);
    s->server = -1;
    s->tried =
        apr_pcalloc(s->pool, (apr_size_t)s->mandate.service->servers->nelts);
    return next_server(s) ? ANONID_SUBMIT_ACCEPTED : s->verdict.result;
}

static void check(void *data)
{
    anonid_submission_t *s = data;

    s->bad = anonid_message_check(s->message.data, s->message.length,
                                  s->mandate.service->mail_from,
                                  &s->message.traits);
}

static void checked(void *data)
{
    anonid_submission_t *s = data;

    s->checking = 0;
    if (!s->done)
        destroy(s);
    else if (set_out(s) != ANONID_SUBMIT_ACCEPTED)
        conclude(s);
}

static anonid_submit_result_t check_message(anonid_submission_t *s)
{
    if (s->message.length <= CHECK_AT_ONCE) {
        check(s);
        return set_out(s);
    }
    s->checking = 1;
    if (anonid_thread_pool_add_to(s->queue, check, checked, s) == APR_SUCCESS)
        return ANONID_SUBMIT_ACCEPTED;
    s->checking = 0;
    return decide(s, ANONID_SUBMIT_TEMPORARY, "no thread to check it on", 60);
}

/* The service's limits have answered: on, or the verdict. */
static anonid_submit_result_t
take_answer(anonid_submission_t *s, const anonid_limit_verdict_t *verdict)
{
    if (verdict->limit)
        return decide(s, ANONID_SUBMIT_LIMITED, verdict->limit->text,
                      verdict->retry_after);
    return check_message(s);
}

static void on_places(void *context, const anonid_limit_verdict_t *verdict)
{
    anonid_submission_t *s = context;

    int is_late = s->question != NULL; /* else from inside the question */

    s->question = NULL;
    s->counted = take_answer(s, verdict);
    if (is_late && s->counted != ANONID_SUBMIT_ACCEPTED)
        conclude(s);
}

/* Asks for its places in the service's limits: ACCEPTED, or the verdict. Only
 * what is about to be sent takes any. */
static anonid_submit_result_t count(anonid_submission_t *s)
{
    const anonid_mandate_t *mandate = &s->mandate;
    const unsigned amounts[ANONID_LIMIT_KINDS] = {
        [ANONID_LIMIT_MESSAGES] = 1,
        [ANONID_LIMIT_RECIPIENTS] =
            (unsigned)mandate->envelope->addresses->nelts,
    };

    s->places.service = mandate->service;
    s->places.client = mandate->client;
    s->counted = ANONID_SUBMIT_ACCEPTED;
    s->question = anonid_limit_ask(&s->places, amounts, on_places, s);
    return s->counted;
}

static anonid_submit_result_t log_on(anonid_submission_t *s)
{
    anonid_proof_t proof;

    if (!anonid_registry_proof(s->mandate.account->name, &proof))
        return decide(s, ANONID_SUBMIT_NOT_LOGGED_ON, NULL, 0);
    s->login = anonid_login_make(loop, s->config, s->mandate.account,
                                 s->mandate.service, &proof);
    s->timer = evtimer_new(loop, on_deadline, s);
    if (!s->login || !s->timer)
        return decide(s, ANONID_SUBMIT_TEMPORARY, "no memory", 60);
    anonid_login_for_address(s->login, s->mandate.client);
    return count(s);
}

static anonid_submit_result_t open_message(anonid_submission_t *s, int fd)
{
    const char *why;

    switch (anonid_message_open(&s->message, fd, &why)) {
    case ANONID_MESSAGE_OK:
        return log_on(s);
    case ANONID_MESSAGE_TOO_LARGE:
        return decide(s, ANONID_SUBMIT_TOO_LARGE, why, 0);
    default:
        return decide(s, ANONID_SUBMIT_BAD_MESSAGE, why, 0);
    }
}

/* ACCEPTED: it is on its way; else the verdict. Takes the message. */
static anonid_submit_result_t begin(anonid_submission_t *s,
                                    const anonid_submission_request_t *request)
{
    anonid_config_t *config = anonid_config_current();
    anonid_submit_result_t result;

    s->queue = apr_pstrdup(s->pool, request->queue);
    if (config)
        s->config = anonid_config_hold(config);
    result = anonid_policy_judge(request, config, s->pool, &s->mandate);
    if (result == ANONID_SUBMIT_ACCEPTED) {
        s->flight = anonid_in_flight_enter(s->mandate.service->name,
                                           s->config->workers);
        if (s->flight)
            return open_message(s, request->message);
        result = decide(s, ANONID_SUBMIT_TEMPORARY,
                        "too many messages are on their way", RETRY_CROWD);
    }
    else {
        decide(s, result, s->mandate.detail, 0);
    }
    close(request->message);
    return result;
}

anonid_submission_t *
anonid_submission_start(const anonid_submission_request_t *request,
                        anonid_submission_done_t done, void *context)
{
    anonid_submission_t *s = calloc(1, sizeof(*s));

    if (!s || apr_pool_create(&s->pool, NULL) != APR_SUCCESS)
        abort(); /* as APR does without memory */
    s->next = submissions;
    submissions = s;
    s->done = done;
    s->context = context;
    s->started = anonid_monotonic_now();
    if (begin(s, request) == ANONID_SUBMIT_ACCEPTED)
        return s;
    conclude(s);
    return NULL;
}

void anonid_submission_abandon(anonid_submission_t *s)
{
    s->done = NULL;
    if (s->begun || s->checking)
        return;
    give_up(s);
    destroy(s);
}

apr_status_t anonid_mail_start(struct event_base *base)
{
    loop = base;
    signal(SIGPIPE, SIG_IGN);
    anonid_registry_listen(anonid_mail_pool_version);
    return anonid_sasl_library_start();
}

void anonid_mail_stop(void)
{
    anonid_submission_t *next;

    for (anonid_submission_t *s = submissions; s; s = next) {
        next = s->next;
        s->done = NULL;
        give_up(s);
        if (!s->checking)
            destroy(s);
    }
    anonid_session_stop();
    anonid_mail_pool_stop();
    anonid_tls_stop();
}
