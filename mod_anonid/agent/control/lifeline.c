/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supervisors' sockets, and the end of httpd; see lifeline.h.
 */
#include "agent/control/lifeline.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A datagram of ours brings one descriptor. What is more is closed. */
#define FDS_MAX 4

static struct event_base *loop;
static struct event *readable;
static anonid_lifeline_take_t take_socket;
static int lifeline = -1;

static void take_descriptors(struct msghdr *message)
{
    int taken = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
         c = CMSG_NXTHDR(message, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (taken++ == 0)
                take_socket(fd);
            else
                close(fd);
        }
    }
}

/* 1 if a datagram was there; 0 if none is; -1 at the end. */
static int receive(void)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    char octet;
    struct iovec data = { &octet, sizeof(octet) };
    struct msghdr message;
    ssize_t n;

    memset(&message, 0, sizeof(message));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    do
        n = recvmsg(lifeline, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    if (n == 0)
        return -1;
    take_descriptors(&message);
    return 1;
}

static void on_readable(evutil_socket_t fd, short what, void *unused)
{
    int got;

    (void)fd;
    (void)what;
    (void)unused;
    do
        got = receive();
    while (got > 0);
    if (got < 0) {
        event_del(readable);
        event_base_loopexit(loop, NULL);
    }
}

apr_status_t anonid_lifeline_start(struct event_base *base, int fd,
                                   anonid_lifeline_take_t take)
{
    loop = base;
    lifeline = fd;
    take_socket = take;
    readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
    if (!readable || event_add(readable, NULL) != 0)
        return APR_ENOMEM;
    return APR_SUCCESS;
}

void anonid_lifeline_stop(void)
{
    if (readable)
        event_free(readable);
    readable = NULL;
    if (lifeline >= 0)
        close(lifeline);
    lifeline = -1;
}
