/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relayed pairs, between two socketpairs: octets, back-pressure, half-closed
 * connections, and ends.
 */
#include "unit.h"

#include "agent/relay/end.h"
#include "agent/relay/pair.h"

#include <errno.h>
#include <event2/buffer.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TURNS 10000
#define BIG (8 * 1024 * 1024)

static struct event_base *base;
static anonid_relay_pair_t *pair;
static int client, server; /* the far ends */
static int ended;

static void on_ended(void *context)
{
    (*(int *)context)++;
}

static int make_socket(int *far_end)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    *far_end = ends[0];
    return ends[1];
}

static struct bufferevent *make_server(int *far_end)
{
    return bufferevent_socket_new(base, make_socket(far_end),
                                  BEV_OPT_CLOSE_ON_FREE
                                      | BEV_OPT_DEFER_CALLBACKS);
}

/* A pair of new sockets, with nothing before. */
static anonid_relay_pair_t *make_pair(int *far_client, int *far_server,
                                      int *over)
{
    struct evbuffer *nothing = evbuffer_new();
    const anonid_relay_pairing_t pairing = {
        .base = base,
        .client = make_socket(far_client),
        .for_client = nothing,
        .server = make_server(far_server),
        .listener = -1,
        .ended = on_ended,
        .context = over,
    };
    anonid_relay_pair_t *made = anonid_relay_pair_start(&pairing);

    evbuffer_free(nothing);
    return made;
}

static int start(void **state)
{
    (void)state;
    base = event_base_new();
    ended = 0;
    pair = make_pair(&client, &server, &ended);
    return pair ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    anonid_relay_pair_close(pair);
    close(client);
    close(server);
    event_base_free(base);
    return 0;
}

static void turn(void)
{
    assert_int_not_equal(event_base_loop(base, EVLOOP_NONBLOCK), -1);
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Turns the loop until so much has come, or the end. */
static size_t hear(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t n = -1;

    for (int i = 0; i < TURNS && length < size && n != 0; i++) {
        turn();
        n = read(fd, text + length, size - length);
        length += n > 0 ? (size_t)n : 0;
    }
    return length;
}

static void assert_hears(int fd, const char *text)
{
    char heard[256];
    const size_t length = strlen(text);

    assert_int_equal(hear(fd, heard, length), length);
    assert_memory_equal(heard, text, length);
}

static void assert_hears_end(int fd)
{
    char octet;

    assert_int_equal(hear(fd, &octet, 1), 0);
    assert_int_equal(read(fd, &octet, 1), 0);
}

/* Writes until nothing more is taken, by socket and pair. */
static size_t fill(int fd, size_t limit)
{
    static char octets[65536];
    size_t written = 0;
    int idle = 0;

    while (idle < 50 && written < limit) {
        ssize_t n = write(fd, octets, sizeof(octets));

        written += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        turn();
    }
    return written;
}

static size_t waiting(void)
{
    return anonid_relay_pair_unsent(pair);
}

static void octets_go_both_ways(void **state)
{
    (void)state;
    say(client, "a1 NOOP\r\n");
    assert_hears(server, "a1 NOOP\r\n");
    say(server, "a1 OK\r\n");
    assert_hears(client, "a1 OK\r\n");
    assert_int_equal(ended, 0);
    assert_int_equal(waiting(), 0);
}

/* Both ways at once: each end reads only what the other has room for. */
static void much_goes_both_ways_and_arrives_whole(void **state)
{
    static unsigned char heard[2][BIG];
    unsigned char *said = malloc(BIG);
    const int ends[] = { client, server };
    size_t in[2] = { 0, 0 }, out[2] = { 0, 0 };

    (void)state;
    for (size_t i = 0; i < BIG; i++)
        said[i] = (unsigned char)(i * 31 + i / 4093);
    for (long t = 0; t < 200000 && (in[0] < BIG || in[1] < BIG); t++) {
        for (int i = 0; i < 2; i++) {
            ssize_t n = write(ends[i], said + out[i], BIG - out[i]);
            ssize_t m = read(ends[i], heard[i] + in[i], BIG - in[i]);

            out[i] += n > 0 ? (size_t)n : 0;
            in[i] += m > 0 ? (size_t)m : 0;
        }
        turn();
        assert_true(waiting() <= 4 * ANONID_RELAY_PAIR_HIGH);
    }
    assert_memory_equal(heard[0], said, BIG);
    assert_memory_equal(heard[1], said, BIG);
    free(said);
}

static void a_client_that_never_reads_costs_no_memory(void **state)
{
    size_t taken;

    (void)state;
    taken = fill(server, 64 * (size_t)BIG);
    assert_true(taken < BIG);
    assert_true(waiting() <= 2 * ANONID_RELAY_PAIR_HIGH);
    assert_int_equal(ended, 0);
}

static void a_server_that_never_reads_costs_no_memory(void **state)
{
    (void)state;
    assert_true(fill(client, 64 * (size_t)BIG) < BIG);
    assert_true(waiting() <= 2 * ANONID_RELAY_PAIR_HIGH);
    say(server, "* OK still here\r\n");
    assert_hears(client, "* OK still here\r\n");
}

static void who_reads_again_gets_all_of_it(void **state)
{
    static char heard[BIG];
    size_t taken = fill(server, BIG);

    (void)state;
    assert_int_equal(hear(client, heard, taken), taken);
    say(server, "on");
    assert_hears(client, "on");
}

static void a_client_that_has_said_its_last_is_still_answered(void **state)
{
    (void)state;
    say(client, "a1 LOGOUT\r\n");
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_hears(server, "a1 LOGOUT\r\n");
    assert_hears_end(server);
    assert_int_equal(ended, 0);
    say(server, "* BYE\r\n");
    assert_hears(client, "* BYE\r\n");
    close(server);
    server = -1;
    for (int i = 0; i < TURNS && !ended; i++)
        turn();
    assert_int_equal(ended, 1);
}

static void a_servers_last_words_arrive_before_the_end(void **state)
{
    static char heard[BIG];
    size_t taken = fill(server, BIG);

    (void)state;
    close(server);
    server = -1;
    turn();
    assert_int_equal(ended, 0);
    assert_int_equal(hear(client, heard, taken), taken);
    for (int i = 0; i < TURNS && !ended; i++)
        turn();
    assert_int_equal(ended, 1);
}

static void a_client_that_vanishes_ends_the_pair(void **state)
{
    (void)state;
    say(server, "unread");
    turn();
    close(client);
    client = -1;
    assert_hears_end(server);
    close(server);
    server = -1;
    for (int i = 0; i < TURNS && !ended; i++)
        turn();
    assert_int_equal(ended, 1);
}

/* A half-closed pair waits for events, and does not turn around and around. */
static void a_half_closed_pair_does_not_spin(void **state)
{
    (void)state;
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_hears_end(server);
    for (int i = 0; i < 10; i++)
        turn();
    assert_int_equal(event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE),
                     0);
    assert_int_equal(ended, 0);
}

static void what_was_buffered_before_goes_first(void **state)
{
    struct evbuffer *for_client = evbuffer_new();
    anonid_relay_pairing_t pairing = { .base = base,
                                       .for_client = for_client,
                                       .for_server = "b SELECT\r\n",
                                       .length = 10,
                                       .listener = -1,
                                       .ended = on_ended };
    int far_client, far_server, over = 0;
    anonid_relay_pair_t *second;

    (void)state;
    pairing.client = make_socket(&far_client);
    pairing.server = make_server(&far_server);
    pairing.context = &over;
    (void)evbuffer_add(for_client, "a OK\r\n", 6);
    bufferevent_enable(pairing.server, EV_READ);
    say(far_server, "* early\r\n");
    turn();
    assert_int_equal(
        evbuffer_get_length(bufferevent_get_input(pairing.server)), 9);
    second = anonid_relay_pair_start(&pairing);
    say(far_client, "c NOOP\r\n");
    assert_hears(far_client, "a OK\r\n* early\r\n");
    assert_hears(far_server, "b SELECT\r\nc NOOP\r\n");
    anonid_relay_pair_close(second);
    evbuffer_free(for_client);
    close(far_client);
    close(far_server);
}

/* Two ends of a TCP connection over loopback; returns ours. */
static int make_tcp(int *far_end)
{
    struct sockaddr_in here = { .sin_family = AF_INET };
    socklen_t length = sizeof(here);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int ours = socket(AF_INET, SOCK_STREAM, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&here, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &length),
                     0);
    assert_int_equal(connect(ours, (struct sockaddr *)&here, length), 0);
    *far_end = accept(listener, NULL, NULL);
    assert_int_not_equal(*far_end, -1);
    assert_int_equal(evutil_make_socket_nonblocking(ours), 0);
    close(listener);
    return ours;
}

static int option(int fd, int level, int name)
{
    socklen_t length = sizeof(int);
    int value = -1;

    assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

/* On both sides: a peer that has vanished is asked for, and octets that it
 * does not acknowledge end the connection. */
static void peers_that_vanish_are_noticed(void **state)
{
    struct evbuffer *nothing = evbuffer_new();
    int far[2], over = 0;
    const int sockets[] = { make_tcp(&far[0]), make_tcp(&far[1]) };
    const anonid_relay_pairing_t pairing = {
        .base = base,
        .client = sockets[0],
        .for_client = nothing,
        .server = bufferevent_socket_new(
            base, sockets[1], BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS),
        .listener = -1,
        .ended = on_ended,
        .context = &over,
    };
    anonid_relay_pair_t *tcp = anonid_relay_pair_start(&pairing);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(option(sockets[i], SOL_SOCKET, SO_KEEPALIVE), 1);
        assert_int_equal(option(sockets[i], IPPROTO_TCP, TCP_KEEPIDLE), 120);
        assert_int_equal(option(sockets[i], IPPROTO_TCP, TCP_USER_TIMEOUT),
                         300000);
        assert_int_equal(option(sockets[i], IPPROTO_TCP, TCP_NODELAY), 1);
    }
    say(far[0], "a NOOP\r\n");
    assert_hears(far[1], "a NOOP\r\n");
    anonid_relay_pair_close(tcp);
    evbuffer_free(nothing);
    close(far[0]);
    close(far[1]);
}

/* A client that resets its connection, while octets for it wait. */
static void a_client_that_resets_ends_the_pair(void **state)
{
    const struct linger at_once = { 1, 0 };
    struct evbuffer *nothing = evbuffer_new();
    int far[2], over = 0;
    const anonid_relay_pairing_t pairing = {
        .base = base,
        .client = make_tcp(&far[0]),
        .for_client = nothing,
        .server = make_server(&far[1]),
        .listener = -1,
        .ended = on_ended,
        .context = &over,
    };
    anonid_relay_pair_t *tcp = anonid_relay_pair_start(&pairing);

    (void)state;
    (void)fill(far[1], 64 * (size_t)BIG);
    assert_int_equal(
        setsockopt(far[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
        0);
    close(far[0]);
    for (int i = 0; i < TURNS && !over; i++)
        turn();
    assert_int_equal(over, 1);
    assert_int_equal(anonid_relay_pair_unsent(tcp), 0);
    anonid_relay_pair_close(tcp);
    evbuffer_free(nothing);
    close(far[1]);
}

/* Two sockets are in the kernel; what an idle pair holds of ours is little. */
static void an_idle_pair_holds_little_memory(void **state)
{
    enum {
        PAIRS = 200
    };
    static anonid_relay_pair_t *pairs[PAIRS];
    static int ends[PAIRS][2];
    int over = 0;
    size_t before = mallinfo2().uordblks, each;

    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = make_pair(&ends[i][0], &ends[i][1], &over);
        say(ends[i][0], "a NOOP\r\n");
        assert_hears(ends[i][1], "a NOOP\r\n");
        say(ends[i][1], "a OK\r\n");
        assert_hears(ends[i][0], "a OK\r\n");
    }
    each = (mallinfo2().uordblks - before) / PAIRS;
    print_message("# %zu octets an idle pair\n", each);
    assert_true(each < 1536);
    for (int i = 0; i < PAIRS; i++) {
        anonid_relay_pair_close(pairs[i]);
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(octets_go_both_ways),
        TEST(much_goes_both_ways_and_arrives_whole),
        TEST(a_client_that_never_reads_costs_no_memory),
        TEST(a_server_that_never_reads_costs_no_memory),
        TEST(who_reads_again_gets_all_of_it),
        TEST(a_client_that_has_said_its_last_is_still_answered),
        TEST(a_servers_last_words_arrive_before_the_end),
        TEST(a_client_that_vanishes_ends_the_pair),
        TEST(a_half_closed_pair_does_not_spin),
        TEST(what_was_buffered_before_goes_first),
        TEST(peers_that_vanish_are_noticed),
        TEST(a_client_that_resets_ends_the_pair),
        TEST(an_idle_pair_holds_little_memory),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
