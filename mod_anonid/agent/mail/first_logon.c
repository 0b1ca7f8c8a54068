/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wait for a first logon; see first_logon.h.
 */
#include "agent/mail/first_logon.h"
#include "agent/logon/logon.h"

#include <event2/event.h>
#include <stdlib.h>

struct anonid_first_logon_t {
    anonid_waiter_t waiter; /* the first member */
    anonid_logon_t *logon;  /* held; NULL: it has told */
    struct event *timer;
    void (*done)(void *context);
    void *context;
};

static void leave(anonid_first_logon_t *first)
{
    if (!first->logon)
        return;
    anonid_logon_forget_waiter(first->logon, &first->waiter);
    anonid_logon_drop(first->logon);
    first->logon = NULL;
}

void anonid_first_logon_cancel(anonid_first_logon_t *first)
{
    if (!first)
        return;
    leave(first);
    if (first->timer)
        event_free(first->timer);
    free(first);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    anonid_first_logon_t *first = context;
    void (*done)(void *) = first->done;
    void *asker = first->context;

    (void)fd;
    (void)what;
    anonid_first_logon_cancel(first);
    done(asker);
}

/* The loop goes on with it: this may be inside of any call. */
static void on_logon(anonid_waiter_t *waiter, const anonid_outcome_t *outcome)
{
    anonid_first_logon_t *first = (anonid_first_logon_t *)waiter;

    (void)outcome;
    leave(first);
    event_active(first->timer, EV_TIMEOUT, 0);
}

static int is_logged_on(const anonid_logon_t *logon)
{
    anonid_proof_t proof;

    if (!anonid_logon_proof(logon, &proof))
        return 0;
    anonid_proof_release(&proof);
    return 1;
}

anonid_first_logon_t *anonid_first_logon_await(struct event_base *base,
                                               const char *account,
                                               void (*done)(void *context),
                                               void *context)
{
    const struct timeval patience = { ANONID_FIRST_LOGON_SECONDS, 0 };
    anonid_logon_t *logon = anonid_registry_logon(account);
    anonid_first_logon_t *first;

    if (!logon || logon->attempted || is_logged_on(logon))
        return NULL;
    first = calloc(1, sizeof(*first));
    if (!first)
        return NULL;
    first->timer = evtimer_new(base, on_timer, first);
    if (!first->timer || evtimer_add(first->timer, &patience) != 0) {
        anonid_first_logon_cancel(first);
        return NULL;
    }
    first->done = done;
    first->context = context;
    first->waiter.done = on_logon;
    first->logon = anonid_logon_hold(logon);
    anonid_logon_inquire(logon, &first->waiter);
    return first;
}
