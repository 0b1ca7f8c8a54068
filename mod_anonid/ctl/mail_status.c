/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How mail stands; see mail_status.h.
 */
#include "ctl/mail_status.h"
#include "ctl/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH(type, item, list)                                                \
    for (type *item = (type *)(list)->elts;                                   \
         item < (type *)(list)->elts + (list)->nelts; item++)

static int compare(const char *a, const char *b, const char *c, const char *d)
{
    int order = strcmp(a, b);

    return order ? order : strcmp(c, d);
}

static int by_server(const void *a, const void *b)
{
    const anonid_server_status_t *s = a, *t = b;

    return compare(s->service, t->service, s->url, t->url);
}

static int by_pair(const void *a, const void *b)
{
    const anonid_pair_status_t *s = a, *t = b;

    return compare(s->account, t->account, s->service, t->service);
}

static void sort(apr_array_header_t *list,
                 int (*order)(const void *, const void *))
{
    qsort(list->elts, (size_t)list->nelts, (size_t)list->elt_size, order);
}

int anonid_mail_status_ask(anonid_ctl_session_t *session,
                           anonid_mail_status_t *mail)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    anonid_frame_t answer;
    int status;

    anonid_writer_begin(&request, ANONID_MSG_MAIL_STATUS, 0, 2);
    status = anonid_session_ask(session, &request, &answer);
    if (status)
        return status;
    if (answer.type != ANONID_MSG_MAIL_STATUS_REPLY
        || !anonid_mail_status_decode(&answer, mail, session->pool))
        return anonid_session_print(session, &answer);
    sort(mail->servers, by_server);
    sort(mail->pairs, by_pair);
    return 0;
}

static int may_use(const anonid_mail_status_t *mail, const char *account,
                   const char *service)
{
    EACH(anonid_pair_status_t, pair, mail->pairs)
    {
        if (strcmp(pair->account, account) == 0
            && strcmp(pair->service, service) == 0)
            return 1;
    }
    return 0;
}

void anonid_mail_status_of(anonid_mail_status_t *mail, const char *account)
{
    apr_array_header_t *servers = mail->servers, *pairs = mail->pairs;
    apr_array_header_t *listeners = mail->listeners;
    int n = 0;

    EACH(anonid_server_status_t, server, servers)
    {
        if (may_use(mail, account, server->service))
            APR_ARRAY_IDX(servers, n++, anonid_server_status_t) = *server;
    }
    servers->nelts = n;
    n = 0;
    EACH(anonid_pair_status_t, pair, pairs)
    {
        if (strcmp(pair->account, account) == 0)
            APR_ARRAY_IDX(pairs, n++, anonid_pair_status_t) = *pair;
    }
    pairs->nelts = n;
    n = 0;
    EACH(anonid_listener_status_t, listener, listeners)
    {
        if (strcmp(listener->account, account) == 0)
            APR_ARRAY_IDX(listeners, n++, anonid_listener_status_t) =
                *listener;
    }
    listeners->nelts = n;
}

static void clean(const anonid_ctl_session_t *session, const char **text)
{
    *text = *text ? anonid_session_shown(session, *text) : NULL;
}

void anonid_mail_status_clean(const anonid_ctl_session_t *session,
                              anonid_mail_status_t *mail)
{
    EACH(anonid_server_status_t, server, mail->servers)
    {
        clean(session, &server->service);
        clean(session, &server->url);
        clean(session, &server->problem);
    }
    EACH(anonid_pair_status_t, pair, mail->pairs)
    {
        clean(session, &pair->account);
        clean(session, &pair->service);
        clean(session, &pair->refused_by);
        clean(session, &pair->reply);
    }
    EACH(anonid_listener_status_t, listener, mail->listeners)
    {
        clean(session, &listener->url);
        clean(session, &listener->account);
        clean(session, &listener->service);
    }
}

int anonid_mail_status_refuses(const anonid_mail_status_t *mail)
{
    EACH(anonid_pair_status_t, pair, mail->pairs)
    {
        if (pair->refused_since)
            return 1;
    }
    return 0;
}

/* ---- for people ---- */

void anonid_mail_status_print_refusals(const anonid_mail_status_t *mail,
                                       const char *account)
{
    char since[ANONID_TIME_ROOM], until[ANONID_TIME_ROOM];

    EACH(anonid_pair_status_t, pair, mail->pairs)
    {
        if (strcmp(pair->account, account) != 0 || !pair->refused_since)
            continue;
        printf("    Refused by mail server %s since %s: %s\n",
               pair->refused_by ? pair->refused_by : "(gone)",
               anonid_time_text(pair->refused_since, since), pair->reply);
        if (pair->held_until > apr_time_now())
            printf("    Not tried again before %s, or by: anonidctl logon\n",
                   anonid_time_text(pair->held_until, until));
    }
}

static void print_server(const anonid_server_status_t *server)
{
    char last[ANONID_TIME_ROOM], down[ANONID_TIME_ROOM];

    printf("%-14s  %-40s  %-4s  %-19s  %" APR_UINT64_T_FMT
           " idle, %" APR_UINT64_T_FMT " busy\n",
           server->service, server->url, server->down_since ? "down" : "up",
           anonid_time_text(server->last_login, last), server->idle,
           server->busy);
    if (server->down_since)
        printf("    Down since %s: %s\n",
               anonid_time_text(server->down_since, down), server->problem);
}

void anonid_mail_status_print(const anonid_mail_status_t *mail)
{
    if (mail->servers->nelts > 0)
        printf("\n%-14s  %-40s  %-4s  %-19s  %s\n", "MAIL SERVICE", "SERVER",
               "IS", "LAST LOGIN", "SESSIONS");
    EACH(anonid_server_status_t, server, mail->servers)
    {
        print_server(server);
    }
    if (mail->listeners->nelts > 0)
        printf("\n%-40s  %-20s  %s\n", "LISTENER", "ACCOUNT", "CONNECTED");
    EACH(anonid_listener_status_t, listener, mail->listeners)
    {
        printf("%-40s  %-20s  %" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT
               ", %" APR_UINT64_T_FMT " refused\n",
               listener->url, listener->account, listener->clients,
               listener->max, listener->refused);
    }
}

/* ---- as JSON ---- */

/* null where there is nothing to say. */
static json_t *text_or_null(const char *text)
{
    return anonid_text_json(text && *text ? text : NULL);
}

static json_t *server_json(const anonid_server_status_t *s)
{
    return json_pack(
        "{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}",
        "service", anonid_text_json(s->service), "url",
        anonid_text_json(s->url), "up", s->down_since == 0, "down_since",
        anonid_time_json(s->down_since), "problem", text_or_null(s->problem),
        "last_login", anonid_time_json(s->last_login), "certificate_expires",
        anonid_time_json(s->certificate_expires), "logins",
        (json_int_t)s->logins, "refusals", (json_int_t)s->refusals, "failures",
        (json_int_t)s->failures, "idle", (json_int_t)s->idle, "busy",
        (json_int_t)s->busy);
}

static json_t *pair_json(const anonid_pair_status_t *pair)
{
    const int refused = pair->refused_since != 0;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "account",
        anonid_text_json(pair->account), "service",
        anonid_text_json(pair->service), "refused_since",
        anonid_time_json(pair->refused_since), "refused_by",
        anonid_text_json(refused ? pair->refused_by : NULL), "held_until",
        anonid_time_json(refused ? pair->held_until : 0), "reply",
        text_or_null(pair->reply), "last_login",
        anonid_time_json(pair->last_login), "last_refusal",
        anonid_time_json(pair->last_refusal), "logins",
        (json_int_t)pair->logins, "refusals", (json_int_t)pair->refusals);
}

static json_t *listener_json(const anonid_listener_status_t *l)
{
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "url",
        anonid_text_json(l->url), "account", anonid_text_json(l->account),
        "service", anonid_text_json(l->service), "connections",
        (json_int_t)l->clients, "max", (json_int_t)l->max, "accepted",
        (json_int_t)l->accepted, "refused", (json_int_t)l->refused,
        "bytes_to_server", (json_int_t)l->to_server, "bytes_to_client",
        (json_int_t)l->to_client);
}

json_t *anonid_mail_status_json(const anonid_mail_status_t *mail)
{
    json_t *servers = json_array(), *accounts = json_array();
    json_t *listeners = json_array();

    EACH(anonid_server_status_t, server, mail->servers)
    {
        (void)json_array_append_new(servers, server_json(server));
    }
    EACH(anonid_pair_status_t, pair, mail->pairs)
    {
        (void)json_array_append_new(accounts, pair_json(pair));
    }
    EACH(anonid_listener_status_t, listener, mail->listeners)
    {
        (void)json_array_append_new(listeners, listener_json(listener));
    }
    return json_pack("{s:o, s:o, s:o}", "servers", servers, "accounts",
                     accounts, "listeners", listeners);
}
