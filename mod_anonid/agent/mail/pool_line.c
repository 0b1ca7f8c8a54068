/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which session is for whom; see pool_line.h.
 */
#include "agent/mail/pool_line.h"

#include <string.h>

int anonid_pool_sessions(const anonid_pool_entry_t *entry)
{
    return entry->open - entry->n_attempts;
}

int anonid_pool_may_grow(const anonid_pool_entry_t *entry)
{
    return anonid_growth_allows(&entry->growth, anonid_pool_sessions(entry),
                                entry->n_attempts);
}

static int is_same(const anonid_login_t *a, const anonid_login_t *b)
{
    return strcmp(a->visitor.address, b->visitor.address) == 0;
}

static int serves(const anonid_session_t *session,
                  const anonid_pool_request_t *request)
{
    return session->is_untold || is_same(session->login, request->login);
}

int anonid_pool_is_covered(const anonid_pool_entry_t *entry,
                           const anonid_pool_request_t *request)
{
    int logins = 0;

    for (const anonid_pool_attempt_t *a = entry->attempts; a; a = a->next)
        logins += is_same(a->login, request->login);
    for (const anonid_pool_request_t *r = entry->first; r != request;
         r = r->next)
        logins -= is_same(r->login, request->login);
    return logins > 0;
}

int anonid_pool_is_full(const anonid_pool_entry_t *entry)
{
    return anonid_growth_is_full(&entry->growth, entry->open);
}

anonid_session_t *anonid_pool_other(const anonid_pool_entry_t *entry,
                                    const anonid_pool_request_t *request)
{
    anonid_session_t *other = NULL;

    for (anonid_session_t *s = entry->idle; s; s = s->next) {
        if (!serves(s, request))
            other = s;
    }
    return other;
}

anonid_session_t *anonid_pool_idle(const anonid_pool_entry_t *entry,
                                   const anonid_pool_request_t *request)
{
    anonid_session_t *used = NULL;

    for (anonid_session_t *s = entry->idle; s; s = s->next) {
        if (!serves(s, request))
            continue;
        if (!request->fresh || s->used == 0)
            return s;
        if (!used)
            used = s;
    }
    if (entry->n_attempts > 0 || anonid_pool_may_grow(entry))
        return NULL;
    return used;
}

anonid_pool_request_t *anonid_pool_uncovered(const anonid_pool_entry_t *entry)
{
    anonid_pool_request_t *request = entry->first;

    while (request && anonid_pool_is_covered(entry, request))
        request = request->next;
    return request;
}
