/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that hung a moment ago; see shun.h. A few are enough to know:
 * one that is forgotten is only waited for again.
 */
#include "agent/ldap/shun.h"
#include "agent/base/deadline.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SERVERS 16

typedef struct {
    char url[256];
    anonid_deadline_t until;
} server_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static server_t servers[SERVERS]; /* behind the lock */

static server_t *find(const char *url)
{
    for (int i = 0; i < SERVERS; i++) {
        if (strcmp(servers[i].url, url) == 0)
            return &servers[i];
    }
    return NULL;
}

static server_t *oldest(void)
{
    server_t *found = &servers[0];

    for (int i = 1; i < SERVERS; i++) {
        if (servers[i].until < found->until)
            found = &servers[i];
    }
    return found;
}

void anonid_ldap_shun(const char *url)
{
    server_t *server;

    if (strlen(url) >= sizeof(server->url))
        return;
    pthread_mutex_lock(&lock);
    server = find(url);
    if (!server)
        server = oldest();
    (void)snprintf(server->url, sizeof(server->url), "%s", url);
    server->until = anonid_deadline_in(ANONID_LDAP_SHUN_SECONDS);
    pthread_mutex_unlock(&lock);
}

int anonid_ldap_is_shunned(const char *url)
{
    const server_t *server;
    int shunned;

    pthread_mutex_lock(&lock);
    server = find(url);
    shunned = server && anonid_deadline_left(server->until) > 0;
    pthread_mutex_unlock(&lock);
    return shunned;
}
