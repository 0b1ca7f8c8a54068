/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health of mail; see mail.h.
 */
#include "agent/status/mail.h"
#include "agent/message/reply_text.h"
#include "agent/status/table.h"

/* The slot of that number in one of the table's arrays, or NULL. */
#define FIND(array, slot, count)                                              \
    (anonid_status_table() && (slot) >= 0 && (slot) < (count)                 \
         ? &anonid_status_table()->array[slot]                                \
         : NULL)

#define SERVER(slot) FIND(servers, slot, ANONID_STATUS_SERVERS)
#define PAIR(slot) FIND(pairs, slot, ANONID_STATUS_PAIRS)
#define SERVICE(slot) FIND(services, slot, ANONID_STATUS_SERVICES)
#define LISTENER(slot) FIND(listeners, slot, ANONID_STATUS_LISTENERS)

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void set_time(_Atomic int64_t *at, apr_time_t when)
{
    atomic_store_explicit(at, when, memory_order_relaxed);
}

static void set_text(anonid_status_text_t *text, const char *words)
{
    char clean[ANONID_STATUS_TEXT];

    anonid_reply_redact(words, NULL, "", clean, sizeof(clean));
    anonid_status_write_text(text, clean);
}

/* ---- servers ---- */

void anonid_status_mail_auth(anonid_mail_protocol_t protocol,
                             const anonid_mechanism_info_t *mechanism,
                             anonid_login_result_t result)
{
    size_t row = mechanism ? anonid_mechanism_index(mechanism)
                           : ANONID_STATUS_MECHANISMS;

    if (anonid_status_table() && row < ANONID_STATUS_MECHANISMS)
        count(&anonid_status_table()->mail_logins[protocol][row][result]);
}

void anonid_status_mail_server_worked(int server, apr_time_t certificate)
{
    anonid_status_server_t *s = SERVER(server);

    if (!s)
        return;
    count(&s->logins);
    set_time(&s->last_login, apr_time_now());
    set_time(&s->down_since, 0);
    set_time(&s->certificate_expires, certificate);
}

void anonid_status_mail_server_refused(int server)
{
    anonid_status_server_t *s = SERVER(server);

    if (s)
        count(&s->refusals);
}

void anonid_status_mail_server_failed(int server, int down, const char *text)
{
    anonid_status_server_t *s = SERVER(server);

    if (!s)
        return;
    count(&s->failures);
    set_text(&s->problem, text);
    if (down && atomic_load(&s->down_since) == 0)
        set_time(&s->down_since, apr_time_now());
}

void anonid_status_mail_pool(int server, int idle, int busy)
{
    anonid_status_server_t *s = SERVER(server);

    if (!s)
        return;
    atomic_fetch_add_explicit(&s->idle, (uint32_t)idle, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->busy, (uint32_t)busy, memory_order_relaxed);
}

/* ---- accounts with services ---- */

void anonid_status_mail_pair_worked(int pair)
{
    anonid_status_pair_t *p = PAIR(pair);

    if (!p)
        return;
    count(&p->logins);
    set_time(&p->last_login, apr_time_now());
}

void anonid_status_mail_pair_refused(int pair, int server, int held,
                                     const char *text)
{
    anonid_status_pair_t *p = PAIR(pair);
    apr_time_t now = apr_time_now();

    if (!p)
        return;
    count(&p->refusals);
    set_text(&p->reply, text);
    atomic_store(&p->refused_by, (uint32_t)(server + 1));
    set_time(&p->last_refusal, now);
    if (held == 0)
        return;
    set_time(&p->held_until, now + apr_time_from_sec(held));
    if (atomic_load(&p->refused_since) == 0)
        set_time(&p->refused_since, now);
}

void anonid_status_mail_pair_forgiven(int pair)
{
    anonid_status_pair_t *p = PAIR(pair);

    if (!p)
        return;
    set_time(&p->refused_since, 0);
    set_time(&p->held_until, 0);
}

/* ---- services ---- */

void anonid_status_mail_submitted(int service, int result,
                                  apr_interval_time_t took)
{
    anonid_status_service_t *s = SERVICE(service);

    if (!s || result < 0 || result >= ANONID_STATUS_RESULTS)
        return;
    count(&s->results[result]);
    anonid_status_observe(&s->durations, took);
}

void anonid_status_mail_limit_store(anonid_limit_store_t state)
{
    if (anonid_status_table())
        atomic_store(&anonid_status_table()->header.limit_store,
                     (uint32_t)state);
}

void anonid_status_mail_limited(int service, int limit)
{
    anonid_status_service_t *s = SERVICE(service);

    if (s && limit >= 0 && limit < ANONID_STATUS_LIMITS)
        count(&s->limited[limit]);
}

/* ---- listeners ---- */

void anonid_status_mail_client_came(int listener)
{
    anonid_status_listener_t *l = LISTENER(listener);

    if (!l)
        return;
    count(&l->accepted);
    atomic_fetch_add_explicit(&l->clients, 1, memory_order_relaxed);
}

void anonid_status_mail_client_gone(int listener)
{
    anonid_status_listener_t *l = LISTENER(listener);

    if (l)
        atomic_fetch_sub_explicit(&l->clients, 1, memory_order_relaxed);
}

void anonid_status_mail_client_refused(int listener)
{
    anonid_status_listener_t *l = LISTENER(listener);

    if (l)
        count(&l->refused);
}

void anonid_status_mail_relayed(int listener, size_t to_server,
                                size_t to_client)
{
    anonid_status_listener_t *l = LISTENER(listener);

    if (!l)
        return;
    atomic_fetch_add_explicit(&l->to_server, to_server, memory_order_relaxed);
    atomic_fetch_add_explicit(&l->to_client, to_client, memory_order_relaxed);
}
