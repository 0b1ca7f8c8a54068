/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which peers are this machine. A datagram socket is connected without a
 * packet, so that any address can be a peer.
 */
#include "unit.h"

#include "agent/net/peer.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

/* -1: this machine has no way to such an address. */
static int is_loopback(const char *address)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found;
    int fd, result = -1;

    assert_int_equal(getaddrinfo(address, "389", &hints, &found), 0);
    fd = socket(found->ai_family, SOCK_DGRAM, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0)
        result = anonid_peer_is_loopback(fd);
    if (fd >= 0)
        close(fd);
    freeaddrinfo(found);
    return result;
}

static void this_machine_is_loopback(void **state)
{
    (void)state;
    assert_int_equal(is_loopback("127.0.0.1"), 1);
    assert_int_equal(is_loopback("127.1.2.3"), 1);
    assert_int_not_equal(is_loopback("::1"), 0);
}

static void others_are_not(void **state)
{
    static const char *const others[] = { "192.0.2.1", "10.127.0.1",
                                          "2001:db8::1" };

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_not_equal(is_loopback(others[i]), 1);
}

static void a_socket_without_a_peer_is_not(void **state)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(anonid_peer_is_loopback(fd), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_is_loopback),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(a_socket_without_a_peer_is_not),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
