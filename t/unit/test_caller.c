/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection on this machine, by the kernel's own
 * word: IPv4, IPv6, IPv4 from a socket of IPv6, Unix sockets; and nobody.
 */
#include "unit.h"

#include "agent/relay/caller.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define STRANGER 64123 /* a uid that nobody is */

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address_t;

static address_t loopback(int family)
{
    address_t address;

    memset(&address, 0, sizeof(address));
    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET)
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        address.v6.sin6_addr = in6addr_loopback;
    return address;
}

/* A listening socket on loopback; -1: this machine has no such address. */
static int listen_on(int family, address_t *address)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof(*address);

    *address = loopback(family);
    if (fd < 0 || bind(fd, &address->any, length) != 0)
        return -1;
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, &address->any, &length), 0);
    return fd;
}

static int connect_to(const address_t *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_not_equal(fd, -1);
    assert_int_equal(connect(fd, &address->any, sizeof(*address)), 0);
    return fd;
}

static void check_family(int family)
{
    address_t address;
    anonid_caller_t caller;
    int listening = listen_on(family, &address);
    int ours, theirs;

    if (listening < 0) {
        print_message("# skipped: no such loopback address\n");
        return;
    }
    theirs = connect_to(&address);
    ours = accept(listening, NULL, NULL);
    assert_int_equal(anonid_caller_find(ours, &caller), 1);
    assert_int_equal(caller.uid, geteuid());
    assert_int_not_equal(caller.inode, 0);
    close(theirs);
    assert_int_equal(anonid_caller_find(ours, &caller), 0);
    close(ours);
    close(listening);
}

static void the_owner_over_ipv4_is_found_until_it_closes(void **state)
{
    (void)state;
    check_family(AF_INET);
}

static void the_owner_over_ipv6_is_found_until_it_closes(void **state)
{
    (void)state;
    check_family(AF_INET6);
}

/* As Java's sockets are. */
static void the_owner_of_a_mapped_address_is_found(void **state)
{
    address_t address, mapped = loopback(AF_INET6);
    int listening = listen_on(AF_INET, &address);
    anonid_caller_t caller;
    int ours, theirs;

    (void)state;
    assert_int_equal(
        inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.v6.sin6_addr), 1);
    mapped.v6.sin6_port = address.v4.sin_port;
    theirs = connect_to(&mapped);
    ours = accept(listening, NULL, NULL);
    assert_int_equal(anonid_caller_find(ours, &caller), 1);
    assert_int_equal(caller.uid, geteuid());
    close(theirs);
    close(ours);
    close(listening);
}

/* Half of a connection may be over while its owner still waits. */
static void who_has_said_its_last_is_still_found(void **state)
{
    address_t address;
    int listening = listen_on(AF_INET, &address);
    int theirs = connect_to(&address);
    int ours = accept(listening, NULL, NULL);
    anonid_caller_t caller;

    (void)state;
    assert_int_equal(shutdown(theirs, SHUT_WR), 0);
    assert_int_equal(anonid_caller_find(ours, &caller), 1);
    close(theirs);
    close(ours);
    close(listening);
}

/* Bound there, and not alone: a port that is given up, even for a moment, is
 * somebody else's on a busy machine. */
static int shared_socket(const address_t *address)
{
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    assert_int_equal(bind(fd, &address->any, sizeof(address->v4)), 0);
    return fd;
}

/* The kernel, asked for a connection that is gone, names a socket that listens
 * at the same place: it is not who connected. */
static void a_listening_socket_is_nobody(void **state)
{
    address_t address, theirs_at = loopback(AF_INET);
    socklen_t length = sizeof(theirs_at);
    const struct linger at_once = { 1, 0 };
    int listening = listen_on(AF_INET, &address);
    int theirs = shared_socket(&theirs_at), ours, other;
    anonid_caller_t caller;

    (void)state;
    assert_int_equal(getsockname(theirs, &theirs_at.any, &length), 0);
    other = shared_socket(&theirs_at);
    assert_int_equal(connect(theirs, &address.any, length), 0);
    ours = accept(listening, NULL, NULL);
    (void)setsockopt(theirs, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(theirs);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(anonid_caller_find(ours, &caller), 0);
    close(other);
    close(ours);
    close(listening);
}

/* Connects as another user, and waits to be told to end. */
static pid_t connect_as_stranger(const address_t *address, int wait_on)
{
    pid_t pid = fork();
    char octet;

    if (pid != 0)
        return pid;
    if (setuid(STRANGER) == 0) {
        (void)connect_to(address);
        (void)!read(wait_on, &octet, 1);
    }
    _exit(0);
}

static void another_user_is_told_apart(void **state)
{
    address_t address;
    int listening = listen_on(AF_INET, &address);
    anonid_caller_t caller;
    int ends[2], ours;
    pid_t pid;

    (void)state;
    RETURN_UNLESS_ROOT();
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = connect_as_stranger(&address, ends[0]);
    ours = accept(listening, NULL, NULL);
    assert_int_equal(anonid_caller_find(ours, &caller), 1);
    assert_int_equal(caller.uid, STRANGER);
    assert_int_equal(write(ends[1], "", 1), 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
    close(ours);
    close(listening);
}

static void a_unix_socket_names_user_process_and_program(void **state)
{
    anonid_caller_t caller;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(anonid_caller_find(ends[0], &caller), 1);
    assert_int_equal(caller.uid, geteuid());
    assert_int_equal(caller.pid, getpid());
    assert_non_null(strstr(caller.program, "test_caller"));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_over_ipv4_is_found_until_it_closes),
        cmocka_unit_test(the_owner_over_ipv6_is_found_until_it_closes),
        cmocka_unit_test(the_owner_of_a_mapped_address_is_found),
        cmocka_unit_test(who_has_said_its_last_is_still_found),
        cmocka_unit_test(a_listening_socket_is_nobody),
        cmocka_unit_test(another_user_is_told_apart),
        cmocka_unit_test(a_unix_socket_names_user_process_and_program),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
