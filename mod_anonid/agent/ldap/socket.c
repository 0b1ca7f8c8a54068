/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets to LDAP servers; see socket.h.
 */
#include "agent/ldap/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name with more addresses than this has the others tried another time. */
#define ADDRESSES_MAX 4

/* Waits for the end of a connect: 0, or what was wrong. */
static int await_connect(int fd, anonid_deadline_t deadline)
{
    socklen_t size = sizeof(int);
    int error = 0;

    if (!anonid_deadline_poll(fd, POLLOUT, deadline))
        return errno;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

/* The socket, or -1 with errno. */
static int connect_to(const struct sockaddr *address, socklen_t length,
                      anonid_deadline_t deadline)
{
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -1;
    if (connect(fd, address, length) == 0)
        return fd;
    error = errno;
    if (error == EINPROGRESS)
        error = await_connect(
            fd, anonid_deadline_within(deadline, ANONID_LDAP_CONNECT_SECONDS));
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static int connect_to_path(const char *path, anonid_deadline_t deadline,
                           char *why, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    int fd;

    if (length >= sizeof(address.sun_path)) {
        snprintf(why, size, "the path of the socket is too long");
        return -1;
    }
    memcpy(address.sun_path, path, length);
    fd = connect_to((struct sockaddr *)&address, sizeof(address), deadline);
    if (fd < 0)
        snprintf(why, size, "%s", strerror(errno));
    return fd;
}

static int connect_to_any(const struct addrinfo *found,
                          anonid_deadline_t deadline)
{
    int fd = -1;

    for (int i = 0; found && fd < 0 && i < ADDRESSES_MAX; i++) {
        fd = connect_to(found->ai_addr, found->ai_addrlen, deadline);
        found = found->ai_next;
    }
    return fd;
}

/* A request and its answer are one small packet each. */
static void send_at_once(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int connect_to_host(const char *host, int port,
                           anonid_deadline_t deadline, char *why, size_t size)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    char service[16];
    int error, fd;

    snprintf(service, sizeof(service), "%d", port);
    error = getaddrinfo(host, service, &hints, &found);
    if (error) {
        snprintf(why, size, "%s", gai_strerror(error));
        return -1;
    }
    fd = connect_to_any(found, deadline);
    if (fd < 0)
        snprintf(why, size, "%s", strerror(errno));
    else
        send_at_once(fd);
    freeaddrinfo(found);
    return fd;
}

int anonid_ldap_socket(const LDAPURLDesc *url, anonid_deadline_t deadline,
                       char *why, size_t size)
{
    if (strcasecmp(url->lud_scheme, "ldapi") == 0)
        return connect_to_path(url->lud_host ? url->lud_host : "", deadline,
                               why, size);
    return connect_to_host(url->lud_host ? url->lud_host : "localhost",
                           url->lud_port, deadline, why, size);
}
