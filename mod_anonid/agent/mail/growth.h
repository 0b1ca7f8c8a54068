/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many sessions with one server may be had under one key of the pool. A
 * server has a limit of its own, which it tells by refusing one more login:
 * from then on there are as many sessions as it took, and one login now and
 * then finds out whether it takes more. Plain state and arithmetic.
 */
#ifndef ANONID_AGENT_MAIL_GROWTH_H
#define ANONID_AGENT_MAIL_GROWTH_H

#include "agent/base/deadline.h"

#include <stdint.h>

/* Below what servers allow one client by default (Dovecot: 10). */
#define ANONID_POOL_SESSIONS 8

typedef struct {
    int most;     /* sessions that the server is known to take; 0: any */
    int refusals; /* of a further login, in a row */
    anonid_deadline_t probe; /* when one more may be tried */
} anonid_growth_t;

/* 1 if one more login may be tried beside so many sessions and logins under
 * way: the first alone, then as many at once as there are sessions. */
int anonid_growth_allows(const anonid_growth_t *growth, int sessions,
                         int logins);

/* 1 if there are as many sessions and logins as the server is known to take:
 * one more has to take the place of another. */
int anonid_growth_is_full(const anonid_growth_t *growth, int open);

/* A login was refused while there were so many sessions (1 or more).
 * of_password: as a wrong password, which is then tried as seldom as one.
 * random: any number. Returns the seconds until there is another try. */
int anonid_growth_refused(anonid_growth_t *growth, int sessions,
                          int of_password, uint32_t random);

/* A login has worked; there are so many sessions now. */
void anonid_growth_worked(anonid_growth_t *growth, int sessions);

#endif
