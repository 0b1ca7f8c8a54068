/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warm sessions and the queues for them; see pool.h.
 *
 *   request -> [ line ] --+-- idle session ------------------> ready
 *                         +-- login (attempt) --> idle --------^
 *                                put -> idle
 *
 * Requests are served by the lane's turn, an event of the loop; everything
 * else only changes the lane and asks for a turn. A lane without sessions
 * and requests is gone after its turn.
 */
#include "agent/mail/pool.h"
#include "agent/mail/login.h"
#include "agent/mail/refusals.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct anonid_pool_request_t {
    struct anonid_pool_request_t *next;
    struct lane_t *lane;
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    int fresh;
    anonid_pool_ready_t ready;
    void *context;
};

/* A login that is under way. */
typedef struct attempt_t {
    struct attempt_t *next;
    struct lane_t *lane;
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    anonid_dialogue_t *dialogue;
} attempt_t;

/* What is shared under one key. */
typedef struct lane_t {
    struct lane_t *next;
    char *key;
    char *account;
    unsigned long version;
    int stale;              /* the version is not valid any more */
    int proven;             /* a login has worked */
    int open;               /* sessions: idle, lent, or logging on */
    anonid_session_t *idle; /* the latest first */
    attempt_t *attempts;
    int n_attempts;
    anonid_pool_request_t *first; /* the line */
    anonid_pool_request_t *last;
    int n_waiting;
    struct event *turn;
} lane_t;

static lane_t *lanes;

static void ask_for_turn(lane_t *lane)
{
    event_active(lane->turn, EV_TIMEOUT, 0);
}

/* Takes a session out of use. */
static void retire(lane_t *lane, anonid_session_t *session, int politely)
{
    session->pooled = NULL;
    lane->open--;
    if (politely)
        anonid_session_quit(session);
    else
        anonid_session_close(session);
    ask_for_turn(lane);
}

static void unlink_idle(lane_t *lane, anonid_session_t *session)
{
    anonid_session_t **link = &lane->idle;

    while (*link && *link != session)
        link = &(*link)->next;
    if (*link)
        *link = session->next;
    session->next = NULL;
}

/* An idle server says something, or closes, or was idle for long enough. */
static void idle_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_session_t *session = context;
    lane_t *lane = session->pooled;

    unlink_idle(lane, session);
    retire(lane, session, error->kind == ANONID_MAIL_ERROR_LATE);
}

/* Never called: an idle server owes no reply, which makes any a error. */
static void idle_reply(void *context, const anonid_mail_reply_t *reply)
{
    (void)context;
    (void)reply;
}

static const anonid_session_user_t idle_user = { NULL, idle_reply, NULL,
                                                 idle_failed };

static void make_idle(lane_t *lane, anonid_session_t *session)
{
    anonid_session_use(session, &idle_user, session);
    anonid_transport_enter(session->transport, ANONID_PHASE_IDLE);
    session->next = lane->idle;
    lane->idle = session;
    ask_for_turn(lane);
}

static void drop_idle(lane_t *lane)
{
    while (lane->idle) {
        anonid_session_t *session = lane->idle;

        unlink_idle(lane, session);
        retire(lane, session, 1);
    }
}

/* Takes a request out of the line, wherever it stands. */
static void unlink_request(anonid_pool_request_t *request)
{
    lane_t *lane = request->lane;
    anonid_pool_request_t **link = &lane->first, *before = NULL;

    while (*link != request) {
        before = *link;
        link = &(*link)->next;
    }
    *link = request->next;
    if (lane->last == request)
        lane->last = before;
    lane->n_waiting--;
}

static void destroy_request(anonid_pool_request_t *request)
{
    anonid_login_drop(request->login);
    free(request);
}

/* Answers the first of the line. */
static void answer(lane_t *lane, anonid_session_t *session,
                   const anonid_mail_error_t *error)
{
    anonid_pool_request_t *request = lane->first;
    anonid_pool_ready_t ready = request->ready;
    void *context = request->context;

    unlink_request(request);
    destroy_request(request);
    ready(context, session, error);
}

static void end_attempt(attempt_t *attempt)
{
    lane_t *lane = attempt->lane;
    attempt_t **link = &lane->attempts;

    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    lane->n_attempts--;
    anonid_login_drop(attempt->login);
    free(attempt);
}

/* Whoever waits hears it: only the first while there are other sessions that
 * will serve the rest, else all, for the server is not to be had now. */
static void login_failed(lane_t *lane, const anonid_mail_error_t *error)
{
    int n;

    lane->open--;
    n = lane->open > 0 ? 1 : lane->n_waiting;
    for (; n > 0 && lane->first; n--)
        answer(lane, NULL, error);
    ask_for_turn(lane);
}

static void on_logged_on(void *context, anonid_session_t *session,
                         const anonid_mail_error_t *error)
{
    attempt_t *attempt = context;
    lane_t *lane = attempt->lane;
    const char *account = attempt->login->account->name;
    const char *service = attempt->login->service->name;
    anonid_mail_error_t copy;

    if (session) {
        anonid_refusal_forget(account, service, lane->version);
        end_attempt(attempt);
        session->pooled = lane;
        lane->proven = 1;
        make_idle(lane, session);
        return;
    }
    copy = *error;
    if (copy.kind == ANONID_MAIL_ERROR_LOGIN)
        copy.retry_after =
            anonid_refusal_note(account, service, lane->version);
    anonid_mail_error_log(&copy, service, attempt->server->url, account);
    end_attempt(attempt);
    login_failed(lane, &copy);
}

/* Logs a further session on, for the first of the line: 1, or 0. */
static int start_attempt(lane_t *lane)
{
    const anonid_pool_request_t *request = lane->first;
    attempt_t *attempt = calloc(1, sizeof(*attempt));

    if (!attempt)
        return 0;
    attempt->lane = lane;
    attempt->login = anonid_login_hold(request->login);
    attempt->server = request->server;
    attempt->dialogue = anonid_login_start(attempt->login, attempt->server,
                                           on_logged_on, attempt);
    if (!attempt->dialogue) {
        anonid_login_drop(attempt->login);
        free(attempt);
        return 0;
    }
    attempt->next = lane->attempts;
    lane->attempts = attempt;
    lane->n_attempts++;
    lane->open++;
    return 1;
}

/* An idle session for the first of the line, or NULL. */
static anonid_session_t *take_idle(lane_t *lane)
{
    while (lane->idle) {
        anonid_session_t *session = lane->idle;

        unlink_idle(lane, session);
        if (session->used == 0 || !lane->first->fresh)
            return session;
        retire(lane, session, 1);
    }
    return NULL;
}

static void start_attempts(lane_t *lane)
{
    anonid_mail_error_t error;

    while (lane->n_attempts < lane->n_waiting
           && lane->open < ANONID_POOL_SESSIONS
           && (lane->proven || lane->n_attempts == 0)) {
        if (start_attempt(lane))
            continue;
        anonid_mail_error_set(&error, ANONID_MAIL_ERROR_INTERNAL,
                              ANONID_PHASE_CONNECT, "no memory");
        answer(lane, NULL, &error);
    }
}

static void answer_all(lane_t *lane, const anonid_mail_error_t *error)
{
    for (int n = lane->n_waiting; n > 0 && lane->first; n--)
        answer(lane, NULL, error);
}

/* The login was refused a short time ago: nobody waits for nothing. */
static void refuse_line(lane_t *lane, int seconds)
{
    anonid_mail_error_t error;

    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_HELD, ANONID_PHASE_AUTH,
                          "the server refused the account; it is not tried "
                          "again for %d s",
                          seconds);
    error.retry_after = seconds;
    answer_all(lane, &error);
}

/* Nobody logs on with a password that is not the account's any more. */
static void send_line_away(lane_t *lane)
{
    anonid_mail_error_t error;

    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_STALE, ANONID_PHASE_AUTH,
                          "the account has a new password");
    answer_all(lane, &error);
}

static void serve(lane_t *lane)
{
    int seconds;

    while (lane->first) {
        anonid_session_t *session = take_idle(lane);

        if (!session)
            break;
        answer(lane, session, NULL);
    }
    if (!lane->first)
        return;
    if (lane->stale) {
        send_line_away(lane);
        return;
    }
    seconds = anonid_refusal_wait(
        lane->account, lane->first->login->service->name, lane->version);
    if (seconds > 0)
        refuse_line(lane, seconds);
    else
        start_attempts(lane);
}

static void destroy_lane(lane_t *lane)
{
    lane_t **link = &lanes;

    while (*link != lane)
        link = &(*link)->next;
    *link = lane->next;
    if (lane->turn)
        event_free(lane->turn);
    free(lane->key);
    free(lane->account);
    free(lane);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    lane_t *lane = context;

    (void)fd;
    (void)what;
    serve(lane);
    if (lane->open == 0 && !lane->first)
        destroy_lane(lane);
}

/* All that a session's being logged on depends on, in one string. */
static char *make_key(const anonid_login_t *login,
                      const anonid_mail_server_t *server)
{
    const anonid_service_t *service = login->service;
    char mechanisms[ANONID_MECHANISMS_TEXT_MAX] = "", *key = NULL;
    size_t used = 0;

    for (int i = 0; i < service->mechanisms->nelts; i++) {
        snprintf(mechanisms + used, sizeof(mechanisms) - used, " %s",
                 APR_ARRAY_IDX(service->mechanisms, i, const char *));
        used = strlen(mechanisms);
    }
    if (asprintf(&key, "%s\n%lu\n%s\n%s\n%s\n%s\n%s", login->account->name,
                 login->proof.version, service->name, server->url,
                 service->ca_file ? service->ca_file : "",
                 service->tls_name ? service->tls_name : "", mechanisms)
        < 0)
        return NULL;
    return key;
}

/* Takes the key over. */
static lane_t *make_lane(char *key, const anonid_login_t *login)
{
    lane_t *lane = calloc(1, sizeof(*lane));

    if (!lane) {
        free(key);
        return NULL;
    }
    lane->key = key;
    lane->account = strdup(login->account->name);
    lane->version = login->proof.version;
    lane->turn = event_new(login->base, -1, 0, on_turn, lane);
    lane->next = lanes;
    lanes = lane;
    if (lane->account && lane->turn)
        return lane;
    destroy_lane(lane);
    return NULL;
}

static lane_t *find_lane(const anonid_login_t *login,
                         const anonid_mail_server_t *server)
{
    char *key = make_key(login, server);
    lane_t *lane = lanes;

    if (!key)
        return NULL;
    while (lane && strcmp(lane->key, key) != 0)
        lane = lane->next;
    if (!lane)
        return make_lane(key, login);
    free(key);
    return lane;
}

anonid_pool_request_t *
anonid_mail_pool_get(anonid_login_t *login, const anonid_mail_server_t *server,
                     int fresh, anonid_pool_ready_t ready, void *context)
{
    anonid_pool_request_t *request = calloc(1, sizeof(*request));
    lane_t *lane = request ? find_lane(login, server) : NULL;

    if (!lane) {
        free(request);
        return NULL;
    }
    request->lane = lane;
    request->login = anonid_login_hold(login);
    request->server = server;
    request->fresh = fresh;
    request->ready = ready;
    request->context = context;
    if (lane->last)
        lane->last->next = request;
    else
        lane->first = request;
    lane->last = request;
    lane->n_waiting++;
    ask_for_turn(lane);
    return request;
}

void anonid_mail_pool_cancel(anonid_pool_request_t *request)
{
    lane_t *lane = request->lane;

    unlink_request(request);
    destroy_request(request);
    ask_for_turn(lane);
}

void anonid_mail_pool_put(anonid_session_t *session, int reusable)
{
    lane_t *lane = session->pooled;

    if (!reusable)
        retire(lane, session, 0);
    else if (lane->stale || session->used >= ANONID_POOL_USES)
        retire(lane, session, 1);
    else
        make_idle(lane, session);
}

void anonid_mail_pool_distrust(const anonid_session_t *session)
{
    drop_idle(session->pooled);
}

void anonid_mail_pool_version(const char *account, unsigned long version)
{
    if (account)
        anonid_refusal_version(account, version);
    for (lane_t *lane = lanes; lane; lane = lane->next) {
        if (account
            && (lane->version == version
                || strcmp(lane->account, account) != 0))
            continue;
        lane->stale |= account != NULL;
        drop_idle(lane);
    }
}

static void stop_lane(lane_t *lane)
{
    while (lane->attempts) {
        anonid_login_cancel(lane->attempts->dialogue);
        end_attempt(lane->attempts);
    }
    while (lane->idle) {
        anonid_session_t *session = lane->idle;

        unlink_idle(lane, session);
        anonid_session_close(session);
    }
    while (lane->first) {
        anonid_pool_request_t *request = lane->first;

        unlink_request(request);
        destroy_request(request);
    }
    destroy_lane(lane);
}

void anonid_mail_pool_stop(void)
{
    while (lanes)
        stop_lane(lanes);
    anonid_refusal_stop();
}
