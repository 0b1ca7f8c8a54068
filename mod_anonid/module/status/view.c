/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the status table; see view.h.
 */
#include "module/status/view.h"
#include "module/config/config.h"
#include "module/supervisor/parent.h"

#include "common/protocol.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static uint64_t load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit((_Atomic uint64_t *)number,
                                memory_order_relaxed);
}

static apr_time_t load_time(const _Atomic int64_t *when)
{
    return atomic_load_explicit((_Atomic int64_t *)when, memory_order_relaxed);
}

static void load_all(uint64_t *to, const _Atomic uint64_t *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = load(&from[i]);
}

static void load_histogram(anonid_histogram_view_t *to,
                           const anonid_status_histogram_t *from)
{
    load_all(to->counts, from->counts, ANONID_STATUS_BUCKETS);
    to->microseconds = load(&from->microseconds);
    to->total = 0;
    for (int i = 0; i < ANONID_STATUS_BUCKETS; i++)
        to->total += to->counts[i];
}

/* ---- accounts ---- */

static void view_account(const anonid_status_table_t *table,
                         anonid_account_view_t *view)
{
    const int slot = view->account->slot;
    const anonid_status_slot_t *s;

    view->state = ANONID_STATE_PENDING;
    if (!table || slot < 0 || slot >= ANONID_STATUS_SLOTS)
        return;
    s = &table->slots[slot];
    view->state = anonid_status_state(table, slot);
    view->code = anonid_status_code(table, slot);
    view->since = load_time(&s->since);
    view->next_attempt = load_time(&s->next_attempt);
    view->expires = load_time(&s->expires);
    view->password_expires = load_time(&s->password_expires);
    view->secret_since = load_time(&s->secret_since);
    view->attempts = load(&s->attempts);
    load_all(view->results, s->results, 3);
    load_all(view->rotations, s->rotations, 2);
    if (anonid_parent_page())
        view->mapped = load(&anonid_parent_page()->mapped[slot]);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const anonid_account_view_t *)a)->account->name,
                  ((const anonid_account_view_t *)b)->account->name);
}

static apr_array_header_t *view_accounts(const anonid_status_table_t *table,
                                         apr_pool_t *pool)
{
    const apr_array_header_t *accounts = anonid_global()->accounts;
    apr_array_header_t *views = apr_array_make(pool, accounts->nelts + 1,
                                               sizeof(anonid_account_view_t));

    for (int i = 0; i < accounts->nelts; i++) {
        anonid_account_view_t *view = apr_array_push(views);

        memset(view, 0, sizeof(*view));
        view->account = APR_ARRAY_IDX(accounts, i, const anonid_account_t *);
        view_account(table, view);
    }
    qsort(views->elts, (size_t)views->nelts, (size_t)views->elt_size, by_name);
    return views;
}

static int to_name(const void *name, const void *view)
{
    return strcmp(name, ((const anonid_account_view_t *)view)->account->name);
}

static anonid_account_view_t *find_account(const anonid_status_view_t *view,
                                           const char *name)
{
    return bsearch(name, view->accounts->elts, (size_t)view->accounts->nelts,
                   (size_t)view->accounts->elt_size, to_name);
}

/* ---- services ---- */

static void view_servers(const anonid_status_table_t *table,
                         anonid_service_view_t *view, apr_pool_t *pool)
{
    const apr_array_header_t *servers = view->service->servers;

    view->servers =
        apr_array_make(pool, servers->nelts, sizeof(anonid_server_status_t));
    for (int i = 0; i < servers->nelts; i++)
        anonid_server_status_read(
            table, view->service,
            &APR_ARRAY_IDX(servers, i, anonid_mail_server_t),
            apr_array_push(view->servers), pool);
}

static void view_pairs(const anonid_status_table_t *table,
                       anonid_service_view_t *view, apr_pool_t *pool)
{
    const apr_array_header_t *pairs = anonid_global()->pairs;

    view->pairs = apr_array_make(pool, 4, sizeof(anonid_pair_status_t));
    for (int i = 0; i < pairs->nelts; i++) {
        const anonid_pair_t *pair = &APR_ARRAY_IDX(pairs, i, anonid_pair_t);

        if (pair->service && strcmp(pair->service, view->service->name) == 0)
            anonid_pair_status_read(table, pair->account, view->service,
                                    pair->slot, apr_array_push(view->pairs),
                                    pool);
    }
}

static void view_listeners_of(const anonid_status_view_t *all,
                              anonid_service_view_t *view, apr_pool_t *pool)
{
    view->listeners =
        apr_array_make(pool, 2, sizeof(const anonid_listener_view_t *));
    for (int i = 0; i < all->listeners->nelts; i++) {
        const anonid_listener_view_t *listener =
            &APR_ARRAY_IDX(all->listeners, i, anonid_listener_view_t);

        if (strcmp(listener->status.service, view->service->name) == 0)
            APR_ARRAY_PUSH(view->listeners, const anonid_listener_view_t *) =
                listener;
    }
}

static void view_service(const anonid_status_table_t *table,
                         const anonid_status_view_t *all,
                         anonid_service_view_t *view, apr_pool_t *pool)
{
    const int slot = view->service->slot;

    view_servers(table, view, pool);
    view_pairs(table, view, pool);
    view_listeners_of(all, view, pool);
    if (!table || slot < 0 || slot >= ANONID_STATUS_SERVICES)
        return;
    load_all(view->results, table->services[slot].results,
             ANONID_STATUS_RESULTS);
    load_all(view->limited, table->services[slot].limited,
             ANONID_STATUS_LIMITS);
    load_histogram(&view->durations, &table->services[slot].durations);
}

/* An account that is logged on, while a server will not have it. */
static void note_refusals(anonid_status_view_t *all,
                          const anonid_service_view_t *service)
{
    for (int i = 0; i < service->pairs->nelts; i++) {
        const anonid_pair_status_t *pair =
            &APR_ARRAY_IDX(service->pairs, i, anonid_pair_status_t);
        anonid_account_view_t *account = find_account(all, pair->account);

        if (account && pair->refused_since && !account->refused)
            account->refused = pair;
    }
}

static void view_services(const anonid_status_table_t *table,
                          anonid_status_view_t *all, apr_pool_t *pool)
{
    const apr_array_header_t *services = anonid_global()->services;

    all->services = apr_array_make(pool, services->nelts + 1,
                                   sizeof(anonid_service_view_t));
    for (int i = 0; i < services->nelts; i++) {
        anonid_service_view_t *view = apr_array_push(all->services);

        memset(view, 0, sizeof(*view));
        view->service = APR_ARRAY_IDX(services, i, const anonid_service_t *);
        view_service(table, all, view, pool);
        note_refusals(all, view);
    }
}

static apr_array_header_t *view_listeners(const anonid_status_table_t *table,
                                          apr_pool_t *pool)
{
    const apr_array_header_t *listens = anonid_global()->listens;
    apr_array_header_t *views = apr_array_make(pool, listens->nelts + 1,
                                               sizeof(anonid_listener_view_t));

    for (int i = 0; i < listens->nelts; i++) {
        const anonid_listener_t *listener =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *)->listener;
        anonid_listener_view_t *view = apr_array_push(views);

        view->protocol = listener->protocol;
        anonid_listener_status_read(table, listener, &view->status);
    }
    return views;
}

/* ---- all of it ---- */

static void view_header(const anonid_status_table_t *table,
                        anonid_status_view_t *view)
{
    const anonid_status_header_t *header = &table->header;
    uint64_t starts = load(&header->agent_starts);

    view->agent_pid = anonid_status_agent(table);
    view->agent_started = load_time(&header->agent_started);
    view->agent_restarts = starts > 0 ? starts - 1 : 0;
    view->limit_store = (anonid_limit_store_t)atomic_load(
        &((anonid_status_header_t *)header)->limit_store);
    load_histogram(&view->logons, &table->logons);
    if (anonid_parent_page())
        load_all(view->robots, anonid_parent_page()->robots, ANONID_ROBOTS);
    for (int p = 0; p < ANONID_STATUS_PROTOCOLS; p++) {
        for (int m = 0; m < ANONID_STATUS_MECHANISMS; m++)
            load_all(view->mail_logins[p][m], table->mail_logins[p][m],
                     ANONID_LOGIN_RESULTS);
    }
}

anonid_status_view_t *anonid_status_view(apr_pool_t *pool)
{
    const anonid_status_table_t *table = anonid_parent_status();
    anonid_status_view_t *view = apr_pcalloc(pool, sizeof(*view));

    view->now = apr_time_now();
    if (table)
        view_header(table, view);
    view->accounts = view_accounts(table, pool);
    view->listeners = view_listeners(table, pool);
    view_services(table, view, pool);
    return view;
}

/* ---- a part of it ---- */

/* Keeps the element at n alone; -1: none. */
static int keep(apr_array_header_t *list, int n)
{
    if (n < 0)
        return 0;
    if (n > 0)
        memcpy(list->elts, list->elts + n * list->elt_size,
               (size_t)list->elt_size);
    list->nelts = 1;
    return 1;
}

static int pick_account(anonid_status_view_t *view, const char *name)
{
    const anonid_account_view_t *account = find_account(view, name);

    return keep(
        view->accounts,
        account ? (int)(account
                        - (const anonid_account_view_t *)view->accounts->elts)
                : -1);
}

static int pick_service(anonid_status_view_t *view, const char *name)
{
    for (int i = 0; i < view->services->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(view->services, i, anonid_service_view_t)
                       .service->name,
                   name)
            == 0)
            return keep(view->services, i);
    }
    return 0;
}

/* What may be picked: its list, and how one of it is found (NULL: only all of
 * them). */
static const struct {
    const char *name;
    size_t list;
    int (*pick)(anonid_status_view_t *view, const char *name);
} parts[] = {
    { "/accounts", offsetof(anonid_status_view_t, accounts), pick_account },
    { "/services", offsetof(anonid_status_view_t, services), pick_service },
    { "/listeners", offsetof(anonid_status_view_t, listeners), NULL },
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static void empty_others(anonid_status_view_t *view, size_t part)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        if (i != part)
            (*(apr_array_header_t **)((char *)view + parts[i].list))->nelts =
                0;
    }
    view->is_part = 1;
}

int anonid_status_view_pick(anonid_status_view_t *view, const char *path)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        size_t length = strlen(parts[i].name);

        if (strncmp(path, parts[i].name, length) != 0)
            continue;
        if (path[length] != '\0' && path[length] != '/')
            continue;
        empty_others(view, i);
        if (path[length] == '\0' || path[length + 1] == '\0')
            return 1;
        return parts[i].pick && parts[i].pick(view, path + length + 1);
    }
    return 0;
}

/* ---- in a word ---- */

int anonid_status_view_logged_on(const anonid_status_view_t *view)
{
    int n = 0;

    for (int i = 0; i < view->accounts->nelts; i++)
        n += APR_ARRAY_IDX(view->accounts, i, anonid_account_view_t).state
             == ANONID_STATE_LOGGED_ON;
    return n;
}

static int troubles_of(const anonid_service_view_t *service)
{
    int n = 0;

    for (int i = 0; i < service->servers->nelts; i++)
        n += APR_ARRAY_IDX(service->servers, i, anonid_server_status_t)
                 .down_since
             != 0;
    for (int i = 0; i < service->pairs->nelts; i++)
        n += APR_ARRAY_IDX(service->pairs, i, anonid_pair_status_t)
                 .refused_since
             != 0;
    return n;
}

int anonid_status_view_troubles(const anonid_status_view_t *view)
{
    int n = view->accounts->nelts - anonid_status_view_logged_on(view);

    for (int i = 0; i < view->services->nelts; i++)
        n += troubles_of(
            &APR_ARRAY_IDX(view->services, i, anonid_service_view_t));
    return n + (view->agent_pid == 0);
}

/* ---- names ---- */

const char *anonid_submit_result_name(int result)
{
    static const char *const names[] = {
        [ANONID_SUBMIT_ACCEPTED] = "accepted",
        [ANONID_SUBMIT_TEMPORARY] = "temporary",
        [ANONID_SUBMIT_PERMANENT] = "permanent",
        [ANONID_SUBMIT_UNKNOWN_ALIAS] = "unknown_alias",
        [ANONID_SUBMIT_TOO_LARGE] = "too_large",
        [ANONID_SUBMIT_BAD_MESSAGE] = "bad_message",
        [ANONID_SUBMIT_NOT_LOGGED_ON] = "not_logged_on",
        [ANONID_SUBMIT_UNCERTAIN] = "uncertain",
        [ANONID_SUBMIT_UNKNOWN] = "unknown",
        [ANONID_SUBMIT_LIMITED] = "limited",
        [ANONID_SUBMIT_NOT_PAIRED] = "not_paired",
    };

    return result < (int)(sizeof(names) / sizeof(names[0])) ? names[result]
                                                            : NULL;
}

const char *anonid_status_protocol_name(anonid_mail_protocol_t protocol)
{
    return anonid_listener_scheme(protocol);
}
