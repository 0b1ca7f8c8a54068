/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The servers of all mail services; see server.h. There are a few for each
 * service, and they are looked up once a login, so a list will do.
 */
#include "agent/mail/server.h"
#include "agent/base/backoff.h"
#include "agent/base/countdown.h"
#include "agent/base/log.h"
#include "agent/status/mail.h"
#include "common/lognos.h"

#include <stdlib.h>
#include <string.h>

/* The backoff's first delays, of seconds, are not worth their connections. */
#define LEAST apr_time_from_sec(10)
#define FAILURES_SKIPPED 4

/* What is told from now on is a second off at times. */
#define SAME_END apr_time_from_sec(60)

#define WARN_AGAIN 3600 /* seconds */

typedef struct server_state_t {
    struct server_state_t *next;
    char *service;
    char *url;
    unsigned offers;          /* at the last login: ANONID_CAP_... */
    apr_time_t certificate;   /* its end; 0: unknown, or without TLS */
    int certificate_warnings; /* that there were of it */
    unsigned failures;        /* in a row; 0: it is up */
    anonid_deadline_t down;   /* since when */
    anonid_deadline_t retry;  /* when it is tried again */
    anonid_deadline_t warned; /* when there is another warning */
    anonid_deadline_t untold; /* ... that visitors' addresses are not told */
    anonid_mail_error_t last; /* why it is down */
} server_state_t;

static server_state_t *servers;

static server_state_t *find(const char *service, const char *url)
{
    server_state_t *state = servers;

    while (state
           && (strcmp(state->url, url) != 0
               || strcmp(state->service, service) != 0))
        state = state->next;
    return state;
}

static void destroy(server_state_t *state)
{
    free(state->service);
    free(state->url);
    free(state);
}

/* NULL without memory. */
static server_state_t *find_or_make(const char *service, const char *url)
{
    server_state_t *state = find(service, url);

    if (state)
        return state;
    state = calloc(1, sizeof(*state));
    if (!state)
        return NULL;
    state->service = strdup(service);
    state->url = strdup(url);
    if (!state->service || !state->url) {
        destroy(state);
        return NULL;
    }
    state->next = servers;
    servers = state;
    return state;
}

/* Puts the next try off. */
static void put_off(server_state_t *state)
{
    apr_interval_time_t delay = anonid_backoff_delay(
        state->failures + FAILURES_SKIPPED, LEAST, anonid_backoff_random());

    state->retry = anonid_deadline_in((int)apr_time_sec(delay));
}

int anonid_server_turn(const char *service, const char *url)
{
    server_state_t *state = find(service, url);

    if (!state || state->failures == 0)
        return 1;
    if (anonid_deadline_left(state->retry) > 0)
        return 0;
    put_off(state);
    return 1;
}

/* Rounded up, as people count. */
static int days_until(apr_time_t end, apr_time_t now)
{
    return end > now ? (int)((apr_time_sec(end - now) + 86399) / 86400) : 0;
}

/* A certificate that has been replaced is warned of anew. */
static void note_certificate(server_state_t *state, apr_time_t end)
{
    apr_time_t now = apr_time_now();
    int passed = end ? anonid_countdown_passed(end, 0, now) : 0;
    char date[APR_RFC822_DATE_LEN];

    if (end > state->certificate + SAME_END
        || end < state->certificate - SAME_END)
        state->certificate_warnings = 0;
    state->certificate = end;
    if (passed <= state->certificate_warnings)
        return;
    state->certificate_warnings = passed;
    (void)apr_rfc822_date(date, end);
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0007) "mail service '%s', server %s: its "
                                  "certificate expires in %d days (%s); from "
                                  "then on nothing is sent there. Renew it on "
                                  "that server",
               state->service, state->url, days_until(end, now), date);
}

void anonid_server_worked(const char *service,
                          const anonid_mail_server_t *server, unsigned offers,
                          apr_time_t certificate)
{
    server_state_t *state = find_or_make(service, server->url);

    anonid_status_mail_server_worked(server->slot, certificate);
    if (!state)
        return;
    if (state->failures > 0)
        anonid_log(ANONID_LOG_NOTICE,
                   "%smail service '%s', server %s: is back after %d s",
                   ANONID_LOGNO(0228), service, server->url,
                   anonid_deadline_since(state->down) / 1000);
    state->failures = 0;
    state->warned = 0;
    note_certificate(state, certificate);
    state->offers = offers;
}

unsigned anonid_server_offers(const anonid_service_t *service,
                              anonid_mail_protocol_t protocol)
{
    unsigned offers = ~0U;

    for (int i = 0; i < service->servers->nelts; i++) {
        const anonid_mail_server_t *server =
            &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t);
        const server_state_t *state = find(service->name, server->url);

        if (server->protocol == protocol)
            offers &= state ? state->offers : 0;
    }
    return offers;
}

/* 1 if this was said a short time ago. */
static int is_known(const server_state_t *state,
                    const anonid_mail_error_t *error)
{
    return state->failures > 0 && state->last.kind == error->kind
           && state->last.phase == error->phase
           && anonid_deadline_left(state->warned) > 0;
}

static void go_down(server_state_t *state, const anonid_mail_error_t *error)
{
    if (state->failures++ == 0)
        state->down = anonid_deadline_in(0);
    state->last = *error;
    put_off(state);
}

/* What has to do with the server goes into the status table. */
static void publish(const anonid_mail_server_t *server,
                    const anonid_mail_error_t *error, int of_server)
{
    if (error->kind == ANONID_MAIL_ERROR_LOGIN)
        anonid_status_mail_server_refused(server->slot);
    else if (error->kind != ANONID_MAIL_ERROR_HELD
             && error->kind != ANONID_MAIL_ERROR_STALE)
        anonid_status_mail_server_failed(server->slot, of_server, error->text);
}

void anonid_server_failed(const char *service,
                          const anonid_mail_server_t *server,
                          const char *account,
                          const anonid_mail_error_t *error)
{
    const anonid_mail_error_info_t *info = anonid_mail_error_info(error->kind);
    server_state_t *state = find_or_make(service, server->url);
    int known = state && is_known(state, error);

    anonid_mail_error_log(error, service, server->url, account, known);
    publish(server, error, info->of_server);
    if (!state)
        return;
    if (!known)
        state->warned = anonid_deadline_in(WARN_AGAIN);
    if (info->of_server)
        go_down(state, error);
}

void anonid_server_untold(const char *service, const char *url,
                          const char *why)
{
    server_state_t *state = find_or_make(service, url);

    if (!state || (state->untold && anonid_deadline_left(state->untold) > 0))
        return;
    state->untold = anonid_deadline_in(WARN_AGAIN);
    anonid_log(ANONID_LOG_WARNING,
               "%smail service '%s', server %s: it is not told the visitor's "
               "address: %s; name this machine in the server's list of those "
               "whom it believes (Postfix: smtpd_authorized_xclient_hosts, "
               "Dovecot: login_trusted_networks), or set "
               "AnonIDMailClientAddress off",
               ANONID_LOGNO(0232), service, url, why);
}

/* 1 if the configuration has that server in that service. */
static int has(const anonid_config_t *config, const server_state_t *state)
{
    const anonid_service_t *service =
        config ? anonid_config_service(config, state->service) : NULL;

    for (int i = 0; service && i < service->servers->nelts; i++) {
        if (strcmp(
                APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t).url,
                state->url)
            == 0)
            return 1;
    }
    return 0;
}

void anonid_server_prune(const anonid_config_t *config)
{
    server_state_t **link = &servers;

    while (*link) {
        server_state_t *state = *link;

        if (has(config, state)) {
            link = &state->next;
            continue;
        }
        *link = state->next;
        destroy(state);
    }
}
