/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of refused logins; see refusals.h. It is as long as the accounts
 * that are refused somewhere now, which are few.
 */
#include "agent/mail/refusals.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct refusal_t {
    struct refusal_t *next;
    char *account;
    char *service;
    unsigned long version;
    int count;
    time_t until; /* of the monotonic clock */
} refusal_t;

static refusal_t *refusals;

/* The first wait forgives a server that was wrong for a moment (while the
 * new password was on its way to it, say). Account lockout counts failures
 * within 10 to 30 minutes, so that from then on one an hour is harmless. */
static const int waits[] = { 60, 3600 };

#define N_WAITS ((int)(sizeof(waits) / sizeof(waits[0])))

static time_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

static refusal_t *find(const char *account, const char *service,
                       unsigned long version)
{
    refusal_t *r = refusals;

    while (r
           && (r->version != version || strcmp(r->account, account) != 0
               || strcmp(r->service, service) != 0))
        r = r->next;
    return r;
}

static void destroy(refusal_t *r)
{
    free(r->account);
    free(r->service);
    free(r);
}

static refusal_t *add(const char *account, const char *service,
                      unsigned long version)
{
    refusal_t *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->account = strdup(account);
    r->service = strdup(service);
    r->version = version;
    if (!r->account || !r->service) {
        destroy(r);
        return NULL;
    }
    r->next = refusals;
    refusals = r;
    return r;
}

int anonid_refusal_note(const char *account, const char *service,
                        unsigned long version)
{
    refusal_t *r = find(account, service, version);
    int wait;

    if (!r)
        r = add(account, service, version);
    if (!r)
        return waits[0];
    wait = waits[r->count < N_WAITS ? r->count : N_WAITS - 1];
    r->count++;
    r->until = now() + wait;
    return wait;
}

int anonid_refusal_wait(const char *account, const char *service,
                        unsigned long version)
{
    const refusal_t *r = find(account, service, version);
    time_t left = r ? r->until - now() : 0;

    return left > 0 ? (int)left : 0;
}

/* Drops what `account` has on the list: with that service (NULL: any), and
 * that version if `same`, every other version if not. */
static void drop(const char *account, const char *service,
                 unsigned long version, int same)
{
    refusal_t **link = &refusals;

    while (*link) {
        refusal_t *r = *link;

        if (strcmp(r->account, account) != 0
            || (service && strcmp(r->service, service) != 0)
            || (r->version == version) != same) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        destroy(r);
    }
}

void anonid_refusal_forget(const char *account, const char *service,
                           unsigned long version)
{
    drop(account, service, version, 1);
}

void anonid_refusal_version(const char *account, unsigned long version)
{
    drop(account, NULL, version, 0);
}

void anonid_refusal_stop(void)
{
    while (refusals) {
        refusal_t *r = refusals;

        refusals = r->next;
        destroy(r);
    }
}
