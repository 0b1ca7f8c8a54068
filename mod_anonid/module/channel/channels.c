/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels of a child process; see channels.h. They are kept in a resource
 * list, which gives each to one thread at a time; connecting is done outside
 * of its lock.
 */
#include "module/channel/channels.h"

#include "common/protocol.h"

#include <apr_reslist.h>
#include <poll.h>
#include <stdlib.h>

/* Idle channels that a process keeps, and for how long those above. */
#define KEPT 16
#define KEPT_FOR apr_time_from_sec(30)

static apr_reslist_t *list;
static const char *path;

static apr_status_t make(void **resource, void *unused, apr_pool_t *pool)
{
    anonid_channel_t *channel = calloc(1, sizeof(*channel));

    (void)unused;
    (void)pool;
    if (!channel)
        return APR_ENOMEM;
    channel->fd = -1;
    *resource = channel;
    return APR_SUCCESS;
}

static apr_status_t destroy(void *resource, void *unused, apr_pool_t *pool)
{
    (void)unused;
    (void)pool;
    anonid_channel_close(resource);
    free(resource);
    return APR_SUCCESS;
}

/* prefork ends a process in the midst of a request, while a channel is out:
 * APR would abort in the list's cleanup. So its pool is nobody's, and the
 * end of the process closes all channels. */
apr_status_t anonid_channels_start(const char *socket_path, int most)
{
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (rv != APR_SUCCESS)
        return rv;
    if (most < 1)
        most = 1;
    if (most > ANONID_WORKER_SHARE)
        most = ANONID_WORKER_SHARE;
    path = socket_path;
    rv = apr_reslist_create(&list, 0, most < KEPT ? most : KEPT, most,
                            KEPT_FOR, make, destroy, NULL, pool);
    if (rv == APR_SUCCESS)
        apr_reslist_timeout_set(list, ANONID_CHANNELS_TIMEOUT);
    return rv;
}

/* The agent says nothing unasked: a channel that can be read is at its end,
 * because the agent was restarted or wants its place back. */
static int is_stale(const anonid_channel_t *channel)
{
    struct pollfd p = { channel->fd, POLLIN, 0 };

    return poll(&p, 1, 0) != 0;
}

apr_status_t anonid_channels_take(anonid_channel_t **channel, int fresh,
                                  int *used)
{
    void *resource;
    apr_status_t rv = list ? apr_reslist_acquire(list, &resource) : APR_EINIT;

    if (rv != APR_SUCCESS)
        return rv;
    *channel = resource;
    if ((*channel)->fd >= 0 && (fresh || is_stale(*channel)))
        anonid_channel_close(*channel);
    *used = (*channel)->fd >= 0;
    if (*used)
        return APR_SUCCESS;
    rv = anonid_channel_connect(*channel, path, ANONID_WORKER_MAX,
                                ANONID_CHANNELS_TIMEOUT);
    if (rv != APR_SUCCESS)
        anonid_channels_put(*channel, 0);
    return rv;
}

void anonid_channels_put(anonid_channel_t *channel, int reusable)
{
    if (!reusable)
        anonid_channel_close(channel);
    (void)apr_reslist_release(list, channel);
}
