/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between httpd's parent and a supervisor; see handover.h.
 */
#include "module/supervisor/handover.h"

#include <apr_strings.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

typedef union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * ANONID_HANDOVER_FDS)];
} control_t;

void anonid_handover_begin(anonid_handover_t *message,
                           anonid_handover_kind_t kind, const char *text)
{
    memset(message, 0, sizeof(*message));
    message->kind = kind;
    apr_cpystrn(message->text, text ? text : "", sizeof(message->text));
    for (int i = 0; i < ANONID_HANDOVER_FDS; i++)
        message->fds[i] = -1;
}

static void attach_fds(struct msghdr *header, control_t *control,
                       const anonid_handover_t *message)
{
    size_t size = 0;

    memset(control, 0, sizeof(*control));
    for (int i = 0; i < ANONID_HANDOVER_FDS && message->fds[i] >= 0; i++) {
        memcpy(CMSG_DATA(&control->header) + size, &message->fds[i],
               sizeof(int));
        size += sizeof(int);
    }
    if (size == 0)
        return;
    control->header.cmsg_level = SOL_SOCKET;
    control->header.cmsg_type = SCM_RIGHTS;
    control->header.cmsg_len = CMSG_LEN(size);
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(size);
}

/* A short text makes a short message, of which many may wait. */
apr_status_t anonid_handover_send(int fd, const anonid_handover_t *message)
{
    struct iovec data[] = {
        { (void *)message, offsetof(anonid_handover_t, text) },
        { (void *)message->text, strlen(message->text) },
    };
    struct msghdr header;
    control_t control;
    ssize_t n;

    memset(&header, 0, sizeof(header));
    header.msg_iov = data;
    header.msg_iovlen = 2;
    attach_fds(&header, &control, message);
    do
        n = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : APR_SUCCESS;
}

static void take_fds(struct msghdr *header, anonid_handover_t *message)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(header);
    size_t n;

    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return;
    n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n && i < ANONID_HANDOVER_FDS; i++)
        memcpy(&message->fds[i], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
}

apr_status_t anonid_handover_receive(int fd, anonid_handover_t *message)
{
    struct iovec data = { message, offsetof(anonid_handover_t, text)
                                       + sizeof(message->text) - 1 };
    struct msghdr header;
    control_t control;
    ssize_t n;

    anonid_handover_begin(message, ANONID_HANDOVER_UP, NULL);
    memset(&header, 0, sizeof(header));
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = &control;
    header.msg_controllen = sizeof(control);
    do
        n = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return APR_EAGAIN;
    if (n < (ssize_t)offsetof(anonid_handover_t, text))
        return APR_EOF;
    take_fds(&header, message);
    return APR_SUCCESS;
}
