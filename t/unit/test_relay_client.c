/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener's client, with a protocol that says what it hears: input bit by
 * bit, holding, finishing, deadlines, joining.
 */
#include "unit.h"

#include "agent/relay/protocol.h"

#include <string.h>
#include <sys/socket.h>

#define TURNS 10000

/* The dialogue under test. */
static struct {
    anonid_relay_client_t *client;
    char heard[ANONID_RELAY_INPUT_MAX + 1];
    size_t length;
    int whole_lines;  /* only those are consumed */
    int hold_at_line; /* ... and held after each */
    int drained, overdue, closed, gone;
} dialogue;

static struct event_base *base;
static int application; /* the far end */

static void *open_dialogue(anonid_relay_client_t *client)
{
    dialogue.client = client;
    anonid_relay_client_say(client, "* OK ready for %s", "you");
    return &dialogue;
}

static size_t line_length(const char *data, size_t length)
{
    const char *end = memchr(data, '\n', length);

    return end ? (size_t)(end - data) + 1 : 0;
}

static size_t input(void *unused, const char *data, size_t length)
{
    size_t n = dialogue.whole_lines ? line_length(data, length) : length;

    (void)unused;
    memcpy(dialogue.heard + dialogue.length, data, n);
    dialogue.length += n;
    if (n > 0 && dialogue.hold_at_line)
        anonid_relay_client_hold(dialogue.client);
    return n;
}

static void drained(void *unused)
{
    (void)unused;
    dialogue.drained++;
}

static void overdue(void *unused)
{
    (void)unused;
    dialogue.overdue++;
    anonid_relay_client_say(dialogue.client, "* BYE too late");
}

static void closed(void *unused)
{
    (void)unused;
    dialogue.closed++;
}

static void gone(void *unused)
{
    (void)unused;
    dialogue.gone++;
}

static const anonid_listener_protocol_t protocol = {
    ANONID_MAIL_IMAP, "", "", open_dialogue, input, drained, overdue, closed
};

static int start(void **state)
{
    static const anonid_listener_t listener = { .slot = -1 };
    const anonid_relay_origin_t origin = { .listener = &listener };
    const anonid_relay_accepted_t accepted = { NULL, &protocol, &origin, gone,
                                               NULL };
    anonid_relay_accepted_t here = accepted;
    int ends[2];

    (void)state;
    memset(&dialogue, 0, sizeof(dialogue));
    base = event_base_new();
    here.base = base;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
        return -1;
    application = ends[0];
    return anonid_relay_client_open(&here, ends[1]) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    anonid_relay_clients_close();
    close(application);
    event_base_free(base);
    return 0;
}

static void turn(int times)
{
    while (times-- > 0)
        assert_int_not_equal(event_base_loop(base, EVLOOP_NONBLOCK), -1);
}

static void say(const char *text)
{
    assert_int_equal(write(application, text, strlen(text)), strlen(text));
    turn(5);
}

static void assert_answer(const char *text)
{
    char answer[4096];
    ssize_t n;

    turn(5);
    n = read(application, answer, sizeof(answer));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(answer, text, strlen(text));
}

static void assert_heard(const char *text)
{
    assert_int_equal(dialogue.length, strlen(text));
    assert_memory_equal(dialogue.heard, text, strlen(text));
}

static void assert_end(void)
{
    char octet;

    for (int i = 0; i < TURNS && !dialogue.gone; i++)
        turn(1);
    assert_int_equal(dialogue.closed, 1);
    assert_int_equal(dialogue.gone, 1);
    assert_int_equal(read(application, &octet, 1), 0);
}

static void lines_go_both_ways(void **state)
{
    (void)state;
    assert_answer("* OK ready for you\r\n");
    say("a NOOP\r\n");
    assert_heard("a NOOP\r\n");
    anonid_relay_client_write(dialogue.client, "a OK\r\n", 6);
    assert_answer("a OK\r\n");
}

static void what_was_not_consumed_comes_again_with_more(void **state)
{
    (void)state;
    dialogue.whole_lines = 1;
    say("a NO");
    assert_heard("");
    say("OP\r");
    say("\nb NOOP\r\nc");
    assert_heard("a NOOP\r\nb NOOP\r\n");
    say("\n");
    assert_heard("a NOOP\r\nb NOOP\r\nc\n");
}

static void a_held_client_is_heard_when_it_is_resumed(void **state)
{
    (void)state;
    dialogue.whole_lines = dialogue.hold_at_line = 1;
    say("a\nb\nc\n");
    assert_heard("a\n");
    say("d\n");
    assert_heard("a\n");
    anonid_relay_client_resume(dialogue.client);
    assert_heard("a\nb\n");
    dialogue.hold_at_line = 0;
    anonid_relay_client_resume(dialogue.client);
    turn(5);
    assert_heard("a\nb\nc\nd\n");
}

static void input_without_an_end_is_cut(void **state)
{
    static char octets[2 * ANONID_RELAY_INPUT_MAX];
    ssize_t n = 1;

    (void)state;
    assert_answer("* OK ready for you\r\n");
    dialogue.whole_lines = 1;
    for (size_t sent = 0; n > 0 && sent < sizeof(octets); sent += (size_t)n) {
        n = send(application, octets, sizeof(octets) - sent, MSG_NOSIGNAL);
        turn(5);
        if (dialogue.gone)
            break;
    }
    for (int i = 0; i < TURNS && !dialogue.gone; i++)
        turn(1);
    assert_int_equal(dialogue.closed, 1);
}

static void last_words_are_written_before_the_end(void **state)
{
    (void)state;
    assert_answer("* OK ready for you\r\n");
    anonid_relay_client_say(dialogue.client, "* BYE");
    anonid_relay_client_finish(dialogue.client);
    anonid_relay_client_say(dialogue.client, "nothing more");
    assert_answer("* BYE\r\n");
    assert_end();
}

static void who_says_nothing_is_overdue(void **state)
{
    (void)state;
    assert_answer("* OK ready for you\r\n");
    anonid_relay_client_deadline(dialogue.client, 1);
    for (int i = 0; i < TURNS && !dialogue.overdue; i++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(dialogue.overdue, 1);
    assert_answer("* BYE too late\r\n");
    assert_end();
}

static void who_has_said_its_last_gets_its_answers(void **state)
{
    (void)state;
    assert_answer("* OK ready for you\r\n");
    dialogue.whole_lines = dialogue.hold_at_line = 1;
    say("a LOGOUT\n");
    assert_int_equal(shutdown(application, SHUT_WR), 0);
    turn(5);
    assert_int_equal(dialogue.gone, 0);
    anonid_relay_client_say(dialogue.client, "a OK");
    anonid_relay_client_resume(dialogue.client);
    assert_answer("a OK\r\n");
    assert_end();
}

/* Input stops, and the protocol is told when there is room again. */
static void who_does_not_read_is_not_heard(void **state)
{
    static char octets[4096];
    ssize_t n = 1;

    (void)state;
    for (int i = 0; i < 100; i++)
        anonid_relay_client_write(dialogue.client, octets, sizeof(octets));
    turn(100);
    assert_true(anonid_relay_client_unsent(dialogue.client)
                >= ANONID_RELAY_OUTPUT_HIGH);
    say("unheard\r\n");
    assert_heard("");
    for (int i = 0; i < TURNS && !dialogue.drained; i++) {
        n = read(application, octets, sizeof(octets));
        turn(1);
    }
    assert_true(n > 0);
    turn(5);
    assert_int_equal(dialogue.drained, 1);
    assert_heard("unheard\r\n");
}

static void who_never_reads_is_cut(void **state)
{
    static char octets[65536];

    (void)state;
    for (int i = 0; i < 1000; i++)
        anonid_relay_client_write(dialogue.client, octets, sizeof(octets));
    turn(5);
    assert_int_equal(dialogue.closed, 1);
}

static struct bufferevent *make_server(int *far_end)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    *far_end = ends[0];
    return bufferevent_socket_new(
        base, ends[1], BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
}

/* What was said before the login reaches the server once, and in its order. */
static void a_joined_client_speaks_with_the_server(void **state)
{
    char heard[64];
    int server;

    (void)state;
    assert_answer("* OK ready for you\r\n");
    dialogue.whole_lines = dialogue.hold_at_line = 1;
    say("a LOGIN x y\nb SELECT inbox\n");
    assert_heard("a LOGIN x y\n");
    anonid_relay_client_say(dialogue.client, "a OK logged on");
    anonid_relay_client_join(dialogue.client, make_server(&server));
    say("c NOOP\n");
    turn(10);
    assert_int_equal(read(server, heard, sizeof(heard)), 22);
    assert_memory_equal(heard, "b SELECT inbox\nc NOOP\n", 22);
    assert_int_equal(write(server, "b OK\r\n", 6), 6);
    turn(10);
    assert_answer("a OK logged on\r\nb OK\r\n");
    assert_heard("a LOGIN x y\n");
    assert_int_equal(dialogue.closed, 0);
    close(server);
    assert_end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_go_both_ways),
        TEST(what_was_not_consumed_comes_again_with_more),
        TEST(a_held_client_is_heard_when_it_is_resumed),
        TEST(input_without_an_end_is_cut),
        TEST(last_words_are_written_before_the_end),
        TEST(who_says_nothing_is_overdue),
        TEST(who_has_said_its_last_gets_its_answers),
        TEST(who_does_not_read_is_not_heard),
        TEST(who_never_reads_is_cut),
        TEST(a_joined_client_speaks_with_the_server),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
