/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels on the event loop; see link.h.
 */
#include "agent/base/link.h"

#include <string.h>

/* Has the loop call `ended`, once. */
static void end(anonid_link_t *link, const char *why)
{
    if (link->ended)
        return;
    link->ended = 1;
    link->why = why;
    event_del(link->readable);
    event_del(link->writable);
    event_active(link->deadline, EV_TIMEOUT, 0);
}

static void on_deadline(evutil_socket_t fd, short what, void *data)
{
    anonid_link_t *link = data;

    (void)fd;
    (void)what;
    if (!link->ended) {
        link->ended = 1;
        link->why = "it was too slow";
    }
    link->ops->ended(link, link->why);
}

/* Hands out the frames that are whole. */
static void take_frames(anonid_link_t *link)
{
    anonid_frame_t frame;

    while (!link->ended) {
        anonid_parse_t state = anonid_channel_next(&link->channel, &frame);
        const char *why = NULL;

        if (state == ANONID_PARSE_MORE)
            return;
        if (state == ANONID_PARSE_BAD)
            why = "it sent a malformed frame";
        else
            why = link->ops->frame(link, &frame);
        if (why)
            end(link, why);
    }
}

/* The peer has closed the socket, perhaps without reading all that it was
 * sent. */
static int is_gone(apr_status_t rv)
{
    return APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_ECONNRESET(rv)
           || APR_STATUS_IS_EPIPE(rv);
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
    anonid_link_t *link = data;
    apr_status_t rv = anonid_channel_fill(&link->channel);

    (void)fd;
    (void)what;
    if (rv == APR_EAGAIN)
        return;
    if (rv == APR_SUCCESS)
        take_frames(link);
    else if (is_gone(rv))
        end(link, link->channel.in_length ? "it closed within a frame" : NULL);
    else if (rv == APR_ENOSPC)
        end(link, "it sent too much");
    else
        end(link, "reading from it failed");
}

/* Looks at what a write has come to. */
static void written(anonid_link_t *link, apr_status_t rv)
{
    if (rv == APR_EAGAIN) {
        event_add(link->writable, NULL);
        return;
    }
    event_del(link->writable);
    if (rv == APR_ENOSPC)
        end(link, "it does not read what it is sent");
    else if (is_gone(rv))
        end(link, NULL);
    else if (rv != APR_SUCCESS)
        end(link, "writing to it failed");
    else if (link->finishing)
        end(link, NULL);
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
    anonid_link_t *link = data;

    (void)fd;
    (void)what;
    written(link, anonid_channel_flush(&link->channel));
}

apr_status_t anonid_link_open(anonid_link_t *link, struct event_base *base,
                              int fd, uint32_t max_body, size_t out_max,
                              const anonid_link_ops_t *ops, void *owner)
{
    memset(link, 0, sizeof(*link));
    link->ops = ops;
    link->owner = owner;
    anonid_channel_open(&link->channel, fd, max_body, out_max);
    link->readable =
        event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link);
    link->writable =
        event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, link);
    link->deadline = event_new(base, -1, 0, on_deadline, link);
    if (!link->readable || !link->writable || !link->deadline
        || event_add(link->readable, NULL) != 0) {
        anonid_link_close(link);
        return APR_ENOMEM;
    }
    return APR_SUCCESS;
}

void anonid_link_send(anonid_link_t *link, const anonid_writer_t *w,
                      const int *fds, int nfds)
{
    if (!link->ended)
        written(link, anonid_channel_queue(&link->channel, w, fds, nfds));
}

void anonid_link_deadline(anonid_link_t *link, apr_interval_time_t timeout)
{
    struct timeval delay = { (time_t)apr_time_sec(timeout),
                             (suseconds_t)apr_time_usec(timeout) };

    if (link->ended || !link->deadline)
        return;
    if (timeout)
        event_add(link->deadline, &delay);
    else
        event_del(link->deadline);
}

void anonid_link_finish(anonid_link_t *link)
{
    link->finishing = 1;
    if (!link->ended && link->channel.out_length == 0)
        end(link, NULL);
}

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

void anonid_link_close(anonid_link_t *link)
{
    free_event(&link->readable);
    free_event(&link->writable);
    free_event(&link->deadline);
    anonid_channel_close(&link->channel);
}
