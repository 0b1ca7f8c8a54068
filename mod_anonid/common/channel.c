/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and descriptors over a Unix socket; see channel.h. Knows no message
 * and no event loop.
 */
#include "common/channel.h"
#include "common/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_STEP 16384

void anonid_channel_open(anonid_channel_t *ch, int fd, uint32_t max_body,
                         size_t out_max)
{
    int flags;

    memset(ch, 0, sizeof(*ch));
    ch->fd = fd;
    ch->max_body = max_body;
    ch->out_max = out_max;
    flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void wipe(unsigned char **buffer, size_t capacity)
{
    if (*buffer) {
        explicit_bzero(*buffer, capacity);
        free(*buffer);
        *buffer = NULL;
    }
}

void anonid_channel_close(anonid_channel_t *ch)
{
    if (ch->fd >= 0)
        close(ch->fd);
    for (int i = 0; i < ch->nfds; i++)
        close(ch->fds[i]);
    while (ch->out_nfds > 0)
        close(ch->out_fds[--ch->out_nfds]);
    wipe(&ch->in, ch->in_capacity);
    wipe(&ch->out, ch->out_capacity);
    memset(ch, 0, sizeof(*ch));
    ch->fd = -1;
}

/* Grows a buffer to hold at least `need` octets. */
static apr_status_t reserve(unsigned char **buffer, size_t *capacity,
                            size_t used, size_t need)
{
    size_t grown = *capacity ? *capacity : READ_STEP;
    unsigned char *memory;

    if (need <= *capacity)
        return APR_SUCCESS;
    while (grown < need)
        grown *= 2;
    memory = malloc(grown);
    if (!memory)
        return APR_ENOMEM;
    if (used > 0)
        memcpy(memory, *buffer, used);
    wipe(buffer, *capacity);
    *buffer = memory;
    *capacity = grown;
    return APR_SUCCESS;
}

/* Drops the frame that was handed out last, with descriptors not taken. */
static void drop_frame(anonid_channel_t *ch)
{
    while (ch->frame_fds > 0)
        close(anonid_channel_take_fd(ch));
    if (ch->in_frame == 0)
        return;
    ch->in_length -= ch->in_frame;
    memmove(ch->in, ch->in + ch->in_frame, ch->in_length);
    ch->in_frame = 0;
}

/* Collects the descriptors of a received message; 0 if they are too many. */
static int collect_fds(anonid_channel_t *ch, struct msghdr *msg)
{
    int room = !(msg->msg_flags & MSG_CTRUNC);

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (room && ch->nfds < ANONID_CHANNEL_FDS) {
                ch->fds[ch->nfds++] = fd;
                continue;
            }
            close(fd);
            room = 0;
        }
    }
    return room;
}

apr_status_t anonid_channel_fill(anonid_channel_t *ch)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * ANONID_CHANNEL_FDS)];
    } control;
    struct iovec iov;
    struct msghdr msg;
    apr_status_t rv;
    ssize_t n;

    drop_frame(ch);
    if (ch->in_length >= ANONID_WIRE_HEADER + (size_t)ch->max_body)
        return APR_ENOSPC;
    rv = reserve(&ch->in, &ch->in_capacity, ch->in_length,
                 ch->in_length + READ_STEP);
    if (rv != APR_SUCCESS)
        return rv;
    memset(&msg, 0, sizeof(msg));
    iov.iov_base = ch->in + ch->in_length;
    iov.iov_len = ch->in_capacity - ch->in_length;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.room;
    msg.msg_controllen = sizeof(control.room);
    do
        n = recvmsg(ch->fd, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? APR_EAGAIN : errno;
    ch->in_length += (size_t)n;
    if (!collect_fds(ch, &msg))
        return APR_ENOSPC;
    return n == 0 ? APR_EOF : APR_SUCCESS;
}

anonid_parse_t anonid_channel_next(anonid_channel_t *ch, anonid_frame_t *frame)
{
    anonid_parse_t state;
    size_t consumed = 0;

    drop_frame(ch);
    if (ch->in_length == 0)
        return ANONID_PARSE_MORE;
    state = anonid_wire_decode(ch->in, ch->in_length, ch->max_body, frame,
                               &consumed);
    if (state != ANONID_PARSE_OK)
        return state;
    if (frame->nfds > ch->nfds)
        return ANONID_PARSE_BAD;
    ch->in_frame = consumed;
    ch->frame_fds = frame->nfds;
    return ANONID_PARSE_OK;
}

int anonid_channel_take_fd(anonid_channel_t *ch)
{
    int fd;

    if (ch->frame_fds == 0)
        return -1;
    fd = ch->fds[0];
    ch->nfds--;
    ch->frame_fds--;
    memmove(ch->fds, ch->fds + 1, sizeof(int) * (size_t)ch->nfds);
    return fd;
}

/* Waits for the socket until the deadline. */
static apr_status_t await(int fd, short events, apr_time_t deadline)
{
    struct pollfd p = { fd, events, 0 };

    for (;;) {
        apr_interval_time_t left = deadline - anonid_monotonic_now();
        int n;

        if (left <= 0)
            return APR_TIMEUP;
        n = poll(&p, 1, (int)(left / 1000) + 1);
        if (n > 0)
            return APR_SUCCESS;
        if (n < 0 && errno != EINTR)
            return errno;
    }
}

apr_status_t anonid_channel_receive(anonid_channel_t *ch,
                                    anonid_frame_t *frame,
                                    apr_interval_time_t timeout)
{
    apr_time_t deadline = anonid_monotonic_now() + timeout;

    for (;;) {
        anonid_parse_t state = anonid_channel_next(ch, frame);
        apr_status_t rv;

        if (state == ANONID_PARSE_OK)
            return APR_SUCCESS;
        if (state == ANONID_PARSE_BAD)
            return APR_EINVAL;
        rv = await(ch->fd, POLLIN, deadline);
        if (rv == APR_SUCCESS)
            rv = anonid_channel_fill(ch);
        if (rv != APR_SUCCESS && rv != APR_EAGAIN)
            return rv;
    }
}

/* One sendmsg; the descriptors go with its first octet. */
static ssize_t send_some(int fd, const unsigned char *data, size_t length,
                         const int *fds, int nfds)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * ANONID_WIRE_MAX_FDS)];
    } control;
    struct iovec iov = { (void *)data, length };
    struct msghdr msg;
    ssize_t n;

    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    if (nfds > 0) {
        size_t size = sizeof(int) * (size_t)nfds;
        struct cmsghdr *c;

        memset(&control, 0, sizeof(control));
        msg.msg_control = control.room;
        msg.msg_controllen = CMSG_SPACE(size);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(c), fds, size);
    }
    do
        n = sendmsg(fd, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

apr_status_t anonid_channel_send(anonid_channel_t *ch,
                                 const anonid_writer_t *w, const int *fds,
                                 int nfds, apr_interval_time_t timeout)
{
    apr_time_t deadline = anonid_monotonic_now() + timeout;
    size_t sent = 0;

    if (w->failed || nfds > ANONID_WIRE_MAX_FDS)
        return APR_EINVAL;
    while (sent < w->length) {
        ssize_t n = send_some(ch->fd, w->data + sent, w->length - sent, fds,
                              sent == 0 ? nfds : 0);
        apr_status_t rv;

        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return errno;
        rv = await(ch->fd, POLLOUT, deadline);
        if (rv != APR_SUCCESS)
            return rv;
    }
    return APR_SUCCESS;
}

static void drop_out_fds(anonid_channel_t *ch)
{
    while (ch->out_nfds > 0)
        close(ch->out_fds[--ch->out_nfds]);
}

/* The caller's are closed long before these have been sent, perhaps. */
static apr_status_t queue_fds(anonid_channel_t *ch, const int *fds, int nfds)
{
    if (ch->out_nfds > 0)
        return APR_ENOSPC;
    for (int i = 0; i < nfds; i++) {
        int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            apr_status_t rv = errno;

            drop_out_fds(ch);
            return rv;
        }
        ch->out_fds[ch->out_nfds++] = fd;
    }
    ch->out_mark = ch->out_length;
    return APR_SUCCESS;
}

apr_status_t anonid_channel_queue(anonid_channel_t *ch,
                                  const anonid_writer_t *w, const int *fds,
                                  int nfds)
{
    apr_status_t rv;

    if (w->failed || nfds > ANONID_WIRE_MAX_FDS)
        return APR_EINVAL;
    if (w->length > ch->out_max - ch->out_length)
        return APR_ENOSPC;
    rv = reserve(&ch->out, &ch->out_capacity, ch->out_length,
                 ch->out_length + w->length);
    if (rv == APR_SUCCESS && nfds > 0)
        rv = queue_fds(ch, fds, nfds);
    if (rv != APR_SUCCESS)
        return rv;
    memcpy(ch->out + ch->out_length, w->data, w->length);
    ch->out_length += w->length;
    return anonid_channel_flush(ch);
}

/* One sendmsg of the queue from `sent` on: up to the octet that descriptors
 * go with, or from there on with them. */
static ssize_t send_queued(anonid_channel_t *ch, size_t sent)
{
    size_t end = ch->out_length;
    ssize_t n;

    if (ch->out_nfds > 0 && sent < ch->out_mark)
        end = ch->out_mark;
    if (ch->out_nfds == 0 || sent != ch->out_mark)
        return send_some(ch->fd, ch->out + sent, end - sent, NULL, 0);
    n = send_some(ch->fd, ch->out + sent, end - sent, ch->out_fds,
                  ch->out_nfds);
    if (n > 0)
        drop_out_fds(ch);
    return n;
}

apr_status_t anonid_channel_flush(anonid_channel_t *ch)
{
    size_t sent = 0;
    apr_status_t rv = APR_SUCCESS;

    while (sent < ch->out_length) {
        ssize_t n = send_queued(ch, sent);

        if (n < 0) {
            rv = errno == EWOULDBLOCK ? APR_EAGAIN : errno;
            break;
        }
        sent += (size_t)n;
    }
    ch->out_length -= sent;
    ch->out_mark -= sent < ch->out_mark ? sent : ch->out_mark;
    if (sent > 0 && ch->out_length > 0)
        memmove(ch->out, ch->out + sent, ch->out_length);
    return rv;
}

apr_status_t anonid_channel_peer(int fd, anonid_peer_t *peer)
{
    struct ucred cred;
    socklen_t length = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) != 0)
        return errno;
    peer->pid = cred.pid;
    peer->uid = cred.uid;
    peer->gid = cred.gid;
    return APR_SUCCESS;
}

apr_status_t anonid_channel_connect(anonid_channel_t *ch, const char *path,
                                    uint32_t max_body,
                                    apr_interval_time_t timeout)
{
    apr_time_t deadline = anonid_monotonic_now() + timeout;
    struct sockaddr_un addr;
    int fd;

    memset(&addr, 0, sizeof(addr));
    addr.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(addr.sun_path))
        return APR_ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    /* A full backlog is EAGAIN for a Unix socket, and nothing to poll for. */
    while (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        apr_status_t rv = errno;

        if ((rv != EAGAIN && rv != EINTR)
            || anonid_monotonic_now() >= deadline) {
            close(fd);
            return rv == EAGAIN ? APR_TIMEUP : rv;
        }
        apr_sleep(apr_time_from_msec(5));
    }
    anonid_channel_open(ch, fd, max_body, max_body);
    return APR_SUCCESS;
}
