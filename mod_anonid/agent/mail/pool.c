/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warm sessions and the queues for them; see pool.h.
 *
 *   request -> [ line ] --+-- idle session ------------------> ready
 *                         +-- login (attempt) --> idle --------^
 *                                put -> idle
 *
 * Requests are served by the entry's turn, an event of the loop; everything
 * else only changes the entry and asks for a turn. An entry without sessions
 * and requests is gone after its turn.
 */
#include "agent/mail/pool.h"
#include "agent/base/backoff.h"
#include "agent/base/log.h"
#include "agent/mail/login.h"
#include "agent/mail/pool_key.h"
#include "agent/mail/pool_line.h"
#include "agent/mail/server.h"
#include "agent/status/mail.h"
#include "common/lognos.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static anonid_pool_entry_t *entries;

static void ask_for_turn(anonid_pool_entry_t *entry)
{
    event_active(entry->turn, EV_TIMEOUT, 0);
}

/* A session has ended, and the server has room for another. */
static void session_ended(void *context)
{
    anonid_pool_entry_t *entry = context;

    entry->open--;
    ask_for_turn(entry);
}

static void session_has_quit(void *context)
{
    anonid_pool_entry_t *entry = context;

    entry->quitting--;
    session_ended(entry);
}

/* Takes a session out of use. */
static void retire(anonid_pool_entry_t *entry, anonid_session_t *session,
                   int politely)
{
    session->pooled = NULL;
    if (politely) {
        entry->quitting++;
        anonid_session_quit(session, session_has_quit, entry);
        return;
    }
    anonid_session_close(session);
    session_ended(entry);
}

static void unlink_idle(anonid_pool_entry_t *entry, anonid_session_t *session)
{
    anonid_session_t **link = &entry->idle;

    while (*link && *link != session)
        link = &(*link)->next;
    if (*link)
        *link = session->next;
    anonid_status_mail_pool(session->server->slot, -1, 0);
    session->next = NULL;
}

/* An idle server says something, or closes, or was idle for long enough. */
static void idle_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_session_t *session = context;
    anonid_pool_entry_t *entry = session->pooled;

    unlink_idle(entry, session);
    retire(entry, session, error->kind == ANONID_MAIL_ERROR_LATE);
}

/* Never called: an idle server owes no reply, which makes any a error. */
static void idle_reply(void *context, const anonid_mail_reply_t *reply)
{
    (void)context;
    (void)reply;
}

static const anonid_session_user_t idle_user = { NULL, idle_reply, NULL,
                                                 idle_failed };

static void make_idle(anonid_pool_entry_t *entry, anonid_session_t *session)
{
    anonid_session_use(session, &idle_user, session);
    anonid_transport_enter(session->transport, ANONID_PHASE_IDLE);
    session->next = entry->idle;
    entry->idle = session;
    anonid_status_mail_pool(session->server->slot, 1, 0);
    ask_for_turn(entry);
}

static void drop_idle(anonid_pool_entry_t *entry)
{
    while (entry->idle) {
        anonid_session_t *session = entry->idle;

        unlink_idle(entry, session);
        retire(entry, session, 1);
    }
}

/* Takes a request out of the line, wherever it stands. */
static void unlink_request(anonid_pool_request_t *request)
{
    anonid_pool_entry_t *entry = request->entry;
    anonid_pool_request_t **link = &entry->first, *before = NULL;

    while (*link != request) {
        before = *link;
        link = &(*link)->next;
    }
    *link = request->next;
    if (entry->last == request)
        entry->last = before;
    entry->n_waiting--;
}

static void destroy_request(anonid_pool_request_t *request)
{
    anonid_login_drop(request->login);
    free(request);
}

/* Answers a request of the line. */
static void answer(anonid_pool_request_t *request, anonid_session_t *session,
                   const anonid_mail_error_t *error)
{
    anonid_pool_ready_t ready = request->ready;
    void *context = request->context;

    unlink_request(request);
    destroy_request(request);
    if (session)
        anonid_status_mail_pool(session->server->slot, 0, 1);
    ready(context, session, error);
}

/* Answers all who are in line now. */
static void answer_all(anonid_pool_entry_t *entry,
                       const anonid_mail_error_t *error)
{
    for (int n = entry->n_waiting; n > 0 && entry->first; n--)
        answer(entry->first, NULL, error);
}

static void end_attempt(anonid_pool_attempt_t *attempt)
{
    anonid_pool_entry_t *entry = attempt->entry;
    anonid_pool_attempt_t **link = &entry->attempts;

    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    entry->n_attempts--;
    anonid_login_drop(attempt->login);
    free(attempt);
}

/* The server serves the sessions that there are, but takes no further one:
 * whoever waits takes turns on those. */
static void stop_growing(anonid_pool_entry_t *entry,
                         const anonid_pool_attempt_t *attempt,
                         const anonid_mail_error_t *error)
{
    int before = entry->growth.refusals;
    int wait = anonid_growth_refused(
        &entry->growth, anonid_pool_sessions(entry),
        error->kind == ANONID_MAIL_ERROR_LOGIN, anonid_backoff_random());

    anonid_log(
        entry->growth.refusals > before ? ANONID_LOG_NOTICE : ANONID_LOG_DEBUG,
        "%smail service '%s', server %s, account '%s': no more than %d "
        "sessions, which messages share; one more is tried in %d s "
        "(%s: %s)",
        ANONID_LOGNO(0227), attempt->login->service->name,
        attempt->server->url, entry->account, anonid_pool_sessions(entry),
        wait, anonid_phase_name(error->phase), error->text);
}

static void login_worked(anonid_pool_attempt_t *attempt,
                         anonid_session_t *session)
{
    anonid_pool_entry_t *entry = attempt->entry;

    anonid_server_worked(attempt->login->service->name, attempt->server,
                         session->caps.flags,
                         anonid_transport_certificate_end(session->transport));
    end_attempt(attempt);
    anonid_growth_worked(&entry->growth, anonid_pool_sessions(entry));
    session->pooled = entry;
    make_idle(entry, session);
}

static void login_failed(anonid_pool_attempt_t *attempt,
                         const anonid_mail_error_t *error)
{
    anonid_pool_entry_t *entry = attempt->entry;
    int others = anonid_pool_sessions(entry);

    if (others > 0)
        stop_growing(entry, attempt, error);
    else
        anonid_server_failed(attempt->login->service->name, attempt->server,
                             entry->account, error);
    end_attempt(attempt);
    entry->open--;
    if (others == 0)
        answer_all(entry, error);
    ask_for_turn(entry);
}

static void on_logged_on(void *context, anonid_session_t *session,
                         const anonid_mail_error_t *error)
{
    anonid_pool_attempt_t *attempt = context;

    if (!session)
        login_failed(attempt, error);
    else
        login_worked(attempt, session);
}

/* Logs a further session on, for a request: 1, or 0. */
static int start_attempt(anonid_pool_entry_t *entry,
                         const anonid_pool_request_t *request)
{
    anonid_pool_attempt_t *attempt = calloc(1, sizeof(*attempt));

    if (!attempt)
        return 0;
    attempt->entry = entry;
    attempt->login = anonid_login_hold(request->login);
    attempt->server = request->server;
    attempt->dialogue = anonid_login_start(attempt->login, attempt->server,
                                           on_logged_on, attempt);
    if (!attempt->dialogue) {
        anonid_login_drop(attempt->login);
        free(attempt);
        return 0;
    }
    attempt->next = entry->attempts;
    entry->attempts = attempt;
    entry->n_attempts++;
    entry->open++;
    return 1;
}

/* Ends idle sessions, one for each request that gets none otherwise. */
static void make_room(anonid_pool_entry_t *entry)
{
    int rooms = entry->quitting;

    for (anonid_pool_request_t *r = entry->first;
         r && anonid_pool_is_full(entry); r = r->next) {
        anonid_session_t *other;

        if (anonid_pool_is_covered(entry, r) || rooms-- > 0)
            continue;
        other = anonid_pool_other(entry, r);
        if (!other)
            continue;
        unlink_idle(entry, other);
        retire(entry, other, 1);
    }
}

/* Hands idle sessions out, in order of the line. Are there as many as there
 * may be, and none for the first, then those that there are give way. */
static void hand_out(anonid_pool_entry_t *entry)
{
    anonid_pool_request_t *request = entry->first;

    while (request) {
        anonid_session_t *session = anonid_pool_idle(entry, request);

        if (!session && request == entry->first && anonid_pool_is_full(entry)
            && !anonid_pool_is_covered(entry, request)
            && anonid_pool_other(entry, request))
            return;
        if (!session) {
            request = request->next;
            continue;
        }
        unlink_idle(entry, session);
        answer(request, session, NULL);
        request = entry->first; /* the callee may have changed the line */
    }
}

static void start_attempts(anonid_pool_entry_t *entry)
{
    anonid_pool_request_t *request = anonid_pool_uncovered(entry);
    anonid_mail_error_t error;

    for (; request && anonid_pool_may_grow(entry);
         request = anonid_pool_uncovered(entry)) {
        if (start_attempt(entry, request))
            continue;
        anonid_mail_error_set(&error, ANONID_MAIL_ERROR_INTERNAL,
                              ANONID_PHASE_CONNECT, "no memory");
        answer(request, NULL, &error);
    }
}

/* Nobody logs on with a password that is not the account's any more. */
static void send_line_away(anonid_pool_entry_t *entry)
{
    anonid_mail_error_t error;

    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_STALE, ANONID_PHASE_AUTH,
                          "the account has a new password");
    answer_all(entry, &error);
}

static void serve(anonid_pool_entry_t *entry)
{
    hand_out(entry);
    if (!entry->first)
        return;
    if (entry->stale)
        send_line_away(entry);
    else
        start_attempts(entry);
    make_room(entry);
}

static void destroy_entry(anonid_pool_entry_t *entry)
{
    anonid_pool_entry_t **link = &entries;

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    if (entry->turn)
        event_free(entry->turn);
    free(entry->key);
    free(entry->account);
    free(entry->service);
    free(entry);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    anonid_pool_entry_t *entry = context;

    (void)fd;
    (void)what;
    serve(entry);
    if ((entry->stale || entry->obsolete) && !entry->first)
        drop_idle(entry);
    if (entry->open == 0 && !entry->first)
        destroy_entry(entry);
}

/* Takes the key over. */
static anonid_pool_entry_t *make_entry(char *key, const anonid_login_t *login)
{
    anonid_pool_entry_t *entry = calloc(1, sizeof(*entry));

    if (!entry) {
        free(key);
        return NULL;
    }
    entry->key = key;
    entry->account = strdup(login->account->name);
    entry->service = strdup(login->service->name);
    entry->version = login->proof.version;
    entry->turn = event_new(login->base, -1, 0, on_turn, entry);
    entry->next = entries;
    entries = entry;
    if (entry->account && entry->service && entry->turn)
        return entry;
    destroy_entry(entry);
    return NULL;
}

static anonid_pool_entry_t *find_entry(const anonid_login_t *login,
                                       const anonid_mail_server_t *server)
{
    char *key = anonid_pool_key_make(login->account, login->proof.version,
                                     login->service, server->url);
    anonid_pool_entry_t *entry = entries;

    if (!key)
        return NULL;
    while (entry && strcmp(entry->key, key) != 0)
        entry = entry->next;
    if (!entry)
        return make_entry(key, login);
    free(key);
    return entry;
}

anonid_pool_request_t *
anonid_mail_pool_get(anonid_login_t *login, const anonid_mail_server_t *server,
                     int fresh, anonid_pool_ready_t ready, void *context)
{
    anonid_pool_request_t *request = calloc(1, sizeof(*request));
    anonid_pool_entry_t *entry = request ? find_entry(login, server) : NULL;

    if (!entry) {
        free(request);
        return NULL;
    }
    request->entry = entry;
    request->login = anonid_login_hold(login);
    request->server = server;
    request->fresh = fresh;
    request->ready = ready;
    request->context = context;
    if (entry->last)
        entry->last->next = request;
    else
        entry->first = request;
    entry->last = request;
    entry->n_waiting++;
    ask_for_turn(entry);
    return request;
}

void anonid_mail_pool_cancel(anonid_pool_request_t *request)
{
    anonid_pool_entry_t *entry = request->entry;

    unlink_request(request);
    destroy_request(request);
    ask_for_turn(entry);
}

void anonid_mail_pool_put(anonid_session_t *session, int reusable)
{
    anonid_pool_entry_t *entry = session->pooled;

    anonid_status_mail_pool(session->server->slot, 0, -1);
    if (!reusable)
        retire(entry, session, 0);
    else if (entry->stale || entry->obsolete
             || session->used >= ANONID_POOL_USES)
        retire(entry, session, 1);
    else
        make_idle(entry, session);
}

void anonid_mail_pool_distrust(const anonid_session_t *session)
{
    drop_idle(session->pooled);
}

static void take_config(const anonid_config_t *config)
{
    anonid_server_prune(config);
    for (anonid_pool_entry_t *entry = entries; entry; entry = entry->next) {
        entry->obsolete = !anonid_pool_key_is_configured(
            entry->key, entry->account, entry->service, entry->version,
            config);
        if (entry->obsolete)
            drop_idle(entry);
    }
}

void anonid_mail_pool_version(const char *account, unsigned long version)
{
    if (!account) {
        take_config(anonid_config_current());
        return;
    }
    anonid_gate_version(account, version);
    for (anonid_pool_entry_t *entry = entries; entry; entry = entry->next) {
        if (entry->version == version || strcmp(entry->account, account) != 0)
            continue;
        entry->stale = 1;
        drop_idle(entry);
    }
}

static void stop_entry(anonid_pool_entry_t *entry)
{
    while (entry->attempts) {
        anonid_login_cancel(entry->attempts->dialogue);
        end_attempt(entry->attempts);
    }
    while (entry->idle) {
        anonid_session_t *session = entry->idle;

        unlink_idle(entry, session);
        anonid_session_close(session);
    }
    while (entry->first) {
        anonid_pool_request_t *request = entry->first;

        unlink_request(request);
        destroy_request(request);
    }
    destroy_entry(entry);
}

void anonid_mail_pool_stop(void)
{
    while (entries)
        stop_entry(entries);
    anonid_gate_stop();
    anonid_server_prune(NULL);
}
