/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listeners as data: their URLs, who may connect, and their way over the wire.
 */
#include "unit.h"

#include "common/listener.h"
#include "common/protocol.h"

#include <string.h>

static anonid_listener_t *parse(const char *url)
{
    anonid_listener_t *listener = anonid_listener_make(pool);
    const char *error = anonid_listener_parse(listener, url, pool);

    assert_null(error);
    return listener;
}

static void urls_say_protocol_and_address(void **state)
{
    static const struct {
        const char *url, *address;
        anonid_mail_protocol_t protocol;
        int family;
    } cases[] = {
        { "smtp://127.0.0.1:2525", "127.0.0.1:2525", ANONID_MAIL_SUBMISSION,
          AF_INET },
        { "SMTP://127.9.8.7", "127.9.8.7:25", ANONID_MAIL_SUBMISSION,
          AF_INET },
        { "imap://[::1]:1143/", "[::1]:1143", ANONID_MAIL_IMAP, AF_INET6 },
        { "imap://[0:0::1]", "[::1]:143", ANONID_MAIL_IMAP, AF_INET6 },
        { "pop3://127.0.0.1/", "127.0.0.1:110", ANONID_MAIL_POP3, AF_INET },
        { "pop3+unix:/run/a/pop", "/run/a/pop", ANONID_MAIL_POP3, AF_UNIX },
        { "smtp+unix:///run/a/s", "/run/a/s", ANONID_MAIL_SUBMISSION,
          AF_UNIX },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const anonid_listener_t *listener = parse(cases[i].url);

        assert_string_equal(listener->address, cases[i].address);
        assert_int_equal(listener->protocol, cases[i].protocol);
        assert_int_equal(listener->socket.any.sa_family, cases[i].family);
        assert_string_equal(listener->url, cases[i].url);
    }
}

static void other_urls_are_refused_with_a_reason(void **state)
{
    static char too_long[200] = "smtp+unix:/";
    const struct {
        const char *url, *reason;
    } cases[] = {
        { "http://127.0.0.1", "does not begin with smtp://" },
        { "smtp:127.0.0.1", "does not begin with smtp://" },
        { "smtps://127.0.0.1", "does not begin with smtp://" },
        { "", "does not begin with smtp://" },
        { "smtp://", "names no address" },
        { "smtp://localhost:25", "write 127.0.0.1 or [::1]" },
        { "smtp://0.0.0.0:25", "from other machines" },
        { "smtp://192.0.2.1:25", "from other machines" },
        { "smtp://[::]:25", "from other machines" },
        { "smtp://[::ffff:127.0.0.1]:25", "from other machines" },
        { "smtp://[fe80::1]:25", "from other machines" },
        { "smtp://[::1:25", "has no ']'" },
        { "smtp://[x]:25", "no IPv6 address" },
        { "smtp://127.0.0.1:0", "port is not a number" },
        { "smtp://127.0.0.1:65536", "port is not a number" },
        { "smtp://127.0.0.1:25x", "port is not a number" },
        { "smtp://127.0.0.1:-1", "only ':' and a port" },
        { "smtp://127.0.0.1/x", "only ':' and a port" },
        { "smtp://user@127.0.0.1:25", "names no address" },
        { "smtp+unix:run/x", "the whole path" },
        { "smtp+unix:", "the whole path" },
        { "smtp+unix:/run/", "the whole path" },
        { "smtp+unix:/run/\x01", "control characters" },
        { too_long, "too long for a socket" },
    };

    (void)state;
    memset(too_long + 11, 'x', 108);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *error = anonid_listener_parse(anonid_listener_make(pool),
                                                  cases[i].url, pool);

        assert_non_null(error);
        if (!strstr(error, cases[i].reason))
            fail_msg("%s: %s", cases[i].url, error);
    }
}

static void only_users_that_are_named_are_admitted(void **state)
{
    anonid_listener_t *listener = parse("smtp://127.0.0.1");

    (void)state;
    assert_int_equal(anonid_listener_admits(listener, 0), 0);
    APR_ARRAY_PUSH(listener->uids, uint32_t) = 33;
    assert_int_equal(anonid_listener_admits(listener, 33), 1);
    assert_int_equal(anonid_listener_admits(listener, 34), 0);
    listener->flags = ANONID_LISTENER_ANYBODY;
    assert_int_equal(anonid_listener_admits(listener, 34), 1);
}

/* What comes out of the wire; NULL if it was refused there. */
static const anonid_listener_t *send_over(const anonid_listener_t *listener)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    const anonid_listener_t *received;
    anonid_frame_t frame;
    size_t consumed;

    assert_int_equal(anonid_listener_encode(&w, listener), 1);
    assert_int_equal(anonid_wire_decode(w.data, w.length, ANONID_CONTROL_MAX,
                                        &frame, &consumed),
                     ANONID_PARSE_OK);
    assert_int_equal(frame.nfds, 1);
    received = anonid_listener_decode(&frame, pool);
    anonid_writer_free(&w);
    return received;
}

static void a_listener_comes_over_the_wire_whole(void **state)
{
    anonid_listener_t *listener = parse("imap://[::1]:1143");
    const anonid_listener_t *received;

    (void)state;
    listener->account = "IUSR_web";
    listener->service = "office";
    listener->flags = ANONID_LISTENER_PREAUTH;
    listener->max = 7;
    APR_ARRAY_PUSH(listener->uids, uint32_t) = 33;
    APR_ARRAY_PUSH(listener->uids, uint32_t) = 0;
    received = send_over(listener);
    assert_non_null(received);
    assert_string_equal(received->address, "[::1]:1143");
    assert_string_equal(received->account, "IUSR_web");
    assert_string_equal(received->service, "office");
    assert_int_equal(received->flags, ANONID_LISTENER_PREAUTH);
    assert_int_equal(received->max, 7);
    assert_int_equal(received->uids->nelts, 2);
    assert_int_equal(anonid_listener_admits(received, 33), 1);
}

static void what_cannot_be_is_refused_from_the_wire(void **state)
{
    anonid_listener_t *listener = parse("imap://[::1]:1143");

    (void)state;
    listener->service = "office";
    assert_null(send_over(listener));
    listener->account = "IUSR_web";
    listener->max = 0;
    assert_null(send_over(listener));
    listener->max = ANONID_LISTENER_MAX_HIGHEST + 1;
    assert_null(send_over(listener));
    listener->max = 1;
    listener->url = "imap://192.0.2.1";
    assert_null(send_over(listener));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_say_protocol_and_address),
        cmocka_unit_test(other_urls_are_refused_with_a_reason),
        cmocka_unit_test(only_users_that_are_named_are_admitted),
        cmocka_unit_test(a_listener_comes_over_the_wire_whole),
        cmocka_unit_test(what_cannot_be_is_refused_from_the_wire),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
