/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of sessions; see growth.h.
 */
#include "agent/mail/growth.h"

#include <string.h>

/* Seconds between two tries of one session more, the last one from then on.
 * A limit changes when sessions of others end, or an operator raises it. */
static const int waits[] = { 45, 90, 180, 360, 600 };

/* A server whose words for "too many" are those for a wrong password may mean
 * it; see gate.c. */
static const int password_waits[] = { 60, 3600 };

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int anonid_growth_allows(const anonid_growth_t *growth, int sessions,
                         int logins)
{
    int open = sessions + logins;

    if (open >= ANONID_POOL_SESSIONS || (logins > 0 && logins >= sessions))
        return 0;
    if (growth->most == 0 || open < growth->most)
        return 1;
    return logins == 0 && anonid_deadline_left(growth->probe) == 0;
}

int anonid_growth_is_full(const anonid_growth_t *growth, int open)
{
    return open >= ANONID_POOL_SESSIONS
           || (growth->most > 0 && open >= growth->most);
}

int anonid_growth_refused(anonid_growth_t *growth, int sessions,
                          int of_password, uint32_t random)
{
    const int *table = of_password ? password_waits : waits;
    int rows = of_password ? COUNT(password_waits) : COUNT(waits);
    int left = anonid_deadline_left(growth->probe), row, wait;

    growth->most = sessions;
    if (left > 0) /* one of several that were under way */
        return (left + 999) / 1000;
    row = growth->refusals < rows ? growth->refusals : rows - 1;
    wait = table[row];
    if (!of_password) /* less a random third: machines must not keep step */
        wait -= (int)(random % (uint32_t)(wait / 3 + 1));
    growth->refusals++;
    growth->probe = anonid_deadline_in(wait);
    return wait;
}

void anonid_growth_worked(anonid_growth_t *growth, int sessions)
{
    if (growth->most > 0 && sessions > growth->most)
        memset(growth, 0, sizeof(*growth));
}
