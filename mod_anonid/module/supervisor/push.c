/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to the agent; see push.h.
 */
#include "module/supervisor/push.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

apr_status_t anonid_push_wait(anonid_channel_t *agent)
{
    apr_time_t deadline = anonid_monotonic_now() + ANONID_PUSH_TIMEOUT;
    struct pollfd p = { agent->fd, POLLOUT, 0 };
    int n;

    if (agent->fd < 0)
        return APR_EOF;
    do {
        apr_interval_time_t left = deadline - anonid_monotonic_now();

        n = poll(&p, 1, left > 0 ? (int)(left / 1000) + 1 : 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno;
    return n > 0 ? APR_SUCCESS : APR_TIMEUP;
}

apr_status_t anonid_push_control_socket(int lifeline, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = { "", 1 };
    struct msghdr message;
    ssize_t n;

    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    do
        n = sendmsg(lifeline, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : APR_SUCCESS;
}

apr_status_t anonid_push_frame(anonid_channel_t *agent, anonid_writer_t *w,
                               const int *fds, int nfds)
{
    apr_status_t rv = APR_ENOMEM;

    if (anonid_writer_end(w))
        rv = anonid_channel_send(agent, w, fds, nfds, ANONID_PUSH_TIMEOUT);
    anonid_writer_free(w);
    return rv;
}

apr_status_t anonid_push_hello(anonid_channel_t *agent,
                               const anonid_hello_t *hello)
{
    const int fds[] = { hello->table, hello->agent_listener,
                        hello->ctl_listener, hello->folder };
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_HELLO, 4, 0);
    anonid_writer_u32(&w, ANONID_TAG_WORKER_UID, (uint32_t)hello->worker_uid);
    return anonid_push_frame(agent, &w, fds, 4);
}

/* A frame of many: each waits for room first. fd -1: none goes with it. */
static apr_status_t push_with_fd(anonid_channel_t *agent, anonid_writer_t *w,
                                 int fd)
{
    apr_status_t rv = anonid_push_wait(agent);

    if (rv == APR_SUCCESS)
        return anonid_push_frame(agent, w, &fd, fd >= 0);
    anonid_writer_free(w);
    return rv;
}

static apr_status_t push_when_ready(anonid_channel_t *agent,
                                    anonid_writer_t *w)
{
    return push_with_fd(agent, w, -1);
}

static apr_status_t push_begin(anonid_channel_t *agent,
                               const anonid_push_config_t *config)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CONFIG_BEGIN, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, config->generation);
    anonid_writer_u32(&w, ANONID_TAG_WORKERS, config->workers);
    return push_when_ready(agent, &w);
}

static apr_status_t push_end(anonid_channel_t *agent, uint32_t generation)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CONFIG_END, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, generation);
    return push_when_ready(agent, &w);
}

static apr_status_t push_accounts(anonid_channel_t *agent,
                                  const apr_array_header_t *accounts)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < accounts->nelts && rv == APR_SUCCESS; i++) {
        anonid_writer_t w = ANONID_WRITER_INIT;

        (void)anonid_account_encode(
            &w, APR_ARRAY_IDX(accounts, i, const anonid_account_t *));
        rv = push_when_ready(agent, &w);
    }
    return rv;
}

static apr_status_t push_services(anonid_channel_t *agent,
                                  const apr_array_header_t *services)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < services->nelts && rv == APR_SUCCESS; i++) {
        anonid_writer_t w = ANONID_WRITER_INIT;

        (void)anonid_service_encode(
            &w, APR_ARRAY_IDX(services, i, const anonid_service_t *));
        rv = push_when_ready(agent, &w);
    }
    return rv;
}

static apr_status_t push_pairs(anonid_channel_t *agent,
                               const apr_array_header_t *pairs)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < pairs->nelts && rv == APR_SUCCESS; i++) {
        anonid_writer_t w = ANONID_WRITER_INIT;

        (void)anonid_pair_encode(&w, &APR_ARRAY_IDX(pairs, i, anonid_pair_t));
        rv = push_when_ready(agent, &w);
    }
    return rv;
}

static apr_status_t push_store(anonid_channel_t *agent,
                               const anonid_shared_store_t *store)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    (void)anonid_shared_store_encode(&w, store);
    return push_when_ready(agent, &w);
}

static apr_status_t push_listeners(anonid_channel_t *agent,
                                   const apr_array_header_t *listeners)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < listeners->nelts && rv == APR_SUCCESS; i++) {
        const anonid_push_listener_t *row =
            &APR_ARRAY_IDX(listeners, i, anonid_push_listener_t);
        anonid_writer_t w = ANONID_WRITER_INIT;

        (void)anonid_listener_encode(&w, row->listener);
        rv = push_with_fd(agent, &w, row->fd);
    }
    return rv;
}

apr_status_t anonid_push_config(anonid_channel_t *agent,
                                const anonid_push_config_t *config)
{
    apr_status_t rv = push_begin(agent, config);

    if (rv == APR_SUCCESS)
        rv = push_accounts(agent, config->accounts);
    if (rv == APR_SUCCESS)
        rv = push_services(agent, config->services);
    if (rv == APR_SUCCESS)
        rv = push_pairs(agent, config->pairs);
    if (rv == APR_SUCCESS)
        rv = push_listeners(agent, config->listeners);
    if (rv == APR_SUCCESS && config->store)
        rv = push_store(agent, config->store);
    if (rv == APR_SUCCESS)
        rv = push_end(agent, config->generation);
    return rv;
}
