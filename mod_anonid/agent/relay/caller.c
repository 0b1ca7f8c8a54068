/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owner of the other end; see caller.h.
 */
#include "agent/relay/caller.h"

#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Unix sockets ---- */

static void read_program(anonid_caller_t *caller)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/comm", (long)caller->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    n = read(fd, caller->program, sizeof(caller->program) - 1);
    close(fd);
    caller->program[n > 0 ? n : 0] = '\0';
    caller->program[strcspn(caller->program, "\n")] = '\0';
}

static int find_local(int fd, anonid_caller_t *caller)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0
        || peer.uid == (uid_t)-1)
        return 0;
    caller->uid = peer.uid;
    caller->pid = peer.pid;
    read_program(caller);
    return 1;
}

/* ---- TCP ---- */

/* Kept open: where descriptors have run out nobody could be asked, and whoever
 * connects would be taken for nobody. */
static int netlink = -1;

typedef struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
} question_t;

typedef union {
    struct nlmsghdr header;
    char room[8192];
} answer_t;

static int copy_address(const struct sockaddr_storage *address, __be32 to[4],
                        __be16 *port)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET) {
        memcpy(to, &v4->sin_addr, sizeof(v4->sin_addr));
        *port = v4->sin_port;
        return 1;
    }
    memcpy(to, &v6->sin6_addr, sizeof(v6->sin6_addr));
    *port = v6->sin6_port;
    return address->ss_family == AF_INET6;
}

/* Who is asked for has the peer's address, and ours as its other end. */
static int make_question(int fd, question_t *question)
{
    struct inet_diag_sockid *id = &question->body.id;
    struct sockaddr_storage theirs, ours;
    socklen_t n = sizeof(theirs), m = sizeof(ours);

    memset(question, 0, sizeof(*question));
    if (getpeername(fd, (struct sockaddr *)&theirs, &n) != 0
        || getsockname(fd, (struct sockaddr *)&ours, &m) != 0
        || !copy_address(&theirs, id->idiag_src, &id->idiag_sport)
        || !copy_address(&ours, id->idiag_dst, &id->idiag_dport))
        return 0;
    question->header.nlmsg_len = sizeof(*question);
    question->header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question->header.nlmsg_flags = NLM_F_REQUEST;
    question->body.sdiag_family = (__u8)theirs.ss_family;
    question->body.sdiag_protocol = IPPROTO_TCP;
    question->body.idiag_states = ~0u;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return 1;
}

/* An IPv4 address as it stands in a socket of its own family, or as a mapped
 * one (::ffff:127.0.0.1) in one of IPv6. */
static int is_same(const struct inet_diag_msg *message, const __be32 *found,
                   const question_t *question, const __be32 *asked)
{
    const __be32 mapped[4] = { 0, 0, htonl(0xffff), asked[0] };

    if (question->body.sdiag_family == AF_INET
        && message->idiag_family == AF_INET6)
        return memcmp(found, mapped, sizeof(mapped)) == 0;
    return message->idiag_family == question->body.sdiag_family
           && memcmp(found, asked, message->idiag_family == AF_INET ? 4 : 16)
                  == 0;
}

/* The kernel also looks among listening sockets, if there is no connection:
 * only the very one that was asked for counts. */
static int is_answer(const struct inet_diag_msg *message,
                     const question_t *question)
{
    const struct inet_diag_sockid *found = &message->id;
    const struct inet_diag_sockid *asked = &question->body.id;

    return found->idiag_sport == asked->idiag_sport
           && found->idiag_dport == asked->idiag_dport
           && is_same(message, found->idiag_src, question, asked->idiag_src)
           && is_same(message, found->idiag_dst, question, asked->idiag_dst);
}

int anonid_caller_start(void)
{
    if (netlink < 0)
        netlink =
            socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    return netlink >= 0;
}

/* Asks the kernel, which answers before send() returns. An answer to an
 * earlier question, which was not read, is not this one's. */
static const struct inet_diag_msg *ask(question_t *question, answer_t *answer)
{
    static uint32_t number;
    ssize_t n = -1;

    question->header.nlmsg_seq = ++number;
    if (!anonid_caller_start()
        || send(netlink, question, sizeof(*question), 0)
               != (ssize_t)sizeof(*question))
        return NULL;
    do
        n = recv(netlink, answer, sizeof(*answer), MSG_DONTWAIT);
    while (n >= (ssize_t)sizeof(answer->header)
           && answer->header.nlmsg_seq != number);
    if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg))
        || !NLMSG_OK(&answer->header, (size_t)n)
        || answer->header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return NULL;
    return NLMSG_DATA(&answer->header);
}

static int find_remote(int fd, anonid_caller_t *caller)
{
    question_t question;
    answer_t answer;
    const struct inet_diag_msg *message;

    if (!make_question(fd, &question))
        return 0;
    message = ask(&question, &answer);
    if (!message || !is_answer(message, &question)
        || message->idiag_inode == 0)
        return 0;
    caller->uid = message->idiag_uid;
    caller->inode = message->idiag_inode;
    return 1;
}

int anonid_caller_find(int fd, anonid_caller_t *caller)
{
    int domain;
    socklen_t length = sizeof(domain);

    memset(caller, 0, sizeof(*caller));
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0)
        return 0;
    return domain == AF_UNIX ? find_local(fd, caller)
                             : find_remote(fd, caller);
}
