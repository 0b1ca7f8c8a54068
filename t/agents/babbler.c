/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent that takes its control socket and says what is no frame, for
 * t/agent-start.t.
 */
#include "common/protocol.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static const char words[] = "hello, here I am, and this is no frame\n";
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char octet;
    struct iovec data = { &octet, sizeof(octet) };
    struct msghdr message;
    int fd;

    memset(&message, 0, sizeof(message));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    if (recvmsg(ANONID_LIFELINE_FD, &message, 0) != 1
        || !CMSG_FIRSTHDR(&message))
        return 1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    if (write(fd, words, sizeof(words)) < 0)
        return 1;
    for (;;)
        pause();
}
