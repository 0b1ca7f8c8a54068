/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as applications send them to a listener: where they end, what
 * becomes of their lines and of their header.
 */
#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "agent/smtp/intake.h"

#define RECEIVED "Received: by here\r\n"
#define ADDED "Date: today\r\nMessage-ID: <1@here>\r\n\r\n"

static anonid_intake_t in;

static void begin(int strict, size_t limit)
{
    in = (anonid_intake_t){ .strict = strict,
                            .limit = limit,
                            .header = { .mail_from = "site@example.test",
                                        .received = "by here",
                                        .date = "today",
                                        .message_id = "<1@here>" } };
    anonid_intake_begin(&in);
}

/* What came out of a message that ended; it is fed in pieces of that size. */
static const char *result(const char *data, size_t length, size_t piece)
{
    anonid_mail_message_t message;
    size_t at = 0;

    while (at < length && !in.ended) {
        size_t n = length - at < piece ? length - at : piece;

        at += anonid_intake_feed(&in, data + at, n);
    }
    assert_true(in.ended);
    assert_int_equal(at, length);
    if (in.wrong)
        return in.wrong;
    message = anonid_intake_message(&in);
    return apr_pstrmemdup(pool, message.data, message.length);
}

static const char *taken(const char *data)
{
    const char *whole, *pieces;

    begin(0, 100000);
    whole = result(data, strlen(data), strlen(data));
    anonid_intake_free(&in);
    begin(0, 100000);
    pieces = result(data, strlen(data), 1);
    anonid_intake_free(&in);
    assert_string_equal(whole, pieces);
    return whole;
}

static const struct {
    const char *sent;
    const char *taken;
} messages[] = {
    /* nothing, and text without a header */
    { ".\r\n", RECEIVED "From: site@example.test\r\n" ADDED },
    { "hello\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED "hello\r\n" },
    /* what is there stays */
    { "From: site@Example.test\r\nSubject: a\r\n b\r\nDate: then\r\n"
      "Message-Id: <x@y>\r\n\r\nbody\r\n.\r\n",
      RECEIVED "From: site@Example.test\r\nSubject: a\r\n b\r\n"
               "Date: then\r\nMessage-Id: <x@y>\r\n\r\nbody\r\n" },
    { "From: The \"Site <site@example.test>\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\nReply-To: The \"Site "
               "<site@example.test>\r\n" ADDED },
    { "From: \"The Site\" <site@example.test>\r\n\r\n.\r\n",
      RECEIVED "From: \"The Site\" <site@example.test>\r\n" ADDED },
    /* another sender */
    { "From: Me <me@there>\r\n\r\n.\r\n", RECEIVED
      "From: site@example.test\r\nReply-To: Me <me@there>\r\n" ADDED },
    { "From: me@there\r\nReply-To: him@there\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\nReply-To: him@there\r\n" ADDED },
    { "From: a@b <site@example.test>\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\nReply-To: a@b "
               "<site@example.test>\r\n" ADDED },
    { "From: site@example.test, evil@there\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\nReply-To: site@example.test, "
               "evil@there\r\n" ADDED },
    { "From: site@example.test\r\nFrom : evil@there\r\nSender: x@y\r\n"
      "Bcc: hidden@there\r\n more@there\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED },
    { "From me Mon Jan  1\r\nFrom: site@example.test\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED },
    /* dots, and ends that are none */
    { "\r\n..\r\n...a\r\n.b\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED ".\r\n..a\r\nb\r\n" },
    { "\r\na\n.\nb\n.\r\nc\r\n.\nd\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED
               "a\r\n.\r\nb\r\n.\r\nc\r\n.\r\nd\r\n" },
    { "\r\na\r.\rb\r\n.\r\r\nc\r\n.\r\n", RECEIVED
      "From: site@example.test\r\n" ADDED "a\r\n.\r\nb\r\n.\r\nc\r\n" },
    /* old forms, and a From that makes no Reply-To */
    { "Subject  : a\r\n\r\n.\r\n",
      RECEIVED "Subject: a\r\nFrom: site@example.test\r\n" ADDED },
    { "From: nobody\r\n\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED },
    { "\r\na\r\r\nb\r\n.\r\n",
      RECEIVED "From: site@example.test\r\n" ADDED "a\r\nb\r\n" },
};

static void messages_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++)
        assert_string_equal(taken(messages[i].sent), messages[i].taken);
}

static const struct {
    const char *sent;
    const char *reply; /* its beginning */
} refused[] = {
    { "Subject: a\001b\r\n\r\n.\r\n", "550 5.6.0 there is a control" },
    { "Subject: \xe4\r\n\r\n.\r\n", "550 5.6.0 the header is neither" },
};

static void bad_headers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_memory_equal(taken(refused[i].sent), refused[i].reply,
                            strlen(refused[i].reply));
}

static void bare_ends_are_refused_if_strict(void **state)
{
    static const char *const bare[] = { "\r\na\nb\r\n.\r\n",
                                        "\r\na\rb\r\n.\r\n",
                                        "\r\na\r\n.\nMAIL\r\n.\r\n" };

    (void)state;
    for (size_t i = 0; i < COUNT(bare); i++) {
        begin(1, 100000);
        assert_memory_equal(result(bare[i], strlen(bare[i]), 3), "550 5.6.11",
                            10);
        anonid_intake_free(&in);
    }
}

static void what_follows_the_end_is_left(void **state)
{
    static const char data[] = "a\r\n.\r\nRSET\r\n";

    (void)state;
    begin(0, 1000);
    assert_int_equal(anonid_intake_feed(&in, data, strlen(data)), 6);
    assert_true(in.ended);
    anonid_intake_free(&in);
}

static void size_lines_and_header_are_bounded(void **state)
{
    static char text[400000];

    (void)state;
    memset(text, 'x', sizeof(text));
    begin(0, 1000000);
    memcpy(text, "\r\n", 2);
    memcpy(text + 1200, "\r\n.\r\n", 5);
    assert_memory_equal(result(text, 1205, 100), "550 5.6.0 a line is", 19);
    anonid_intake_free(&in);

    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i + 80 < sizeof(text); i += 80)
        memcpy(text + i + 78, "\r\n", 2);
    memcpy(text, "\r\n", 2);
    memcpy(text + 80 * 20, ".\r\n", 3);
    begin(0, 1000);
    assert_memory_equal(result(text, 80 * 20 + 3, 100), "552 5.3.4", 9);
    assert_true(in.capacity < 5000);
    anonid_intake_free(&in);

    memset(text + 80 * 20, 'x', 3);
    for (size_t i = 0; i + 80 < sizeof(text); i += 80)
        memcpy(text + i, i ? " f" : "X:", 2);
    memcpy(text + 80 * 4500, ".\r\n", 3);
    begin(0, 1000000);
    assert_memory_equal(result(text, 80 * 4500 + 3, 1000), "552 5.3.4", 9);
    assert_true(in.header.capacity <= ANONID_HEADER_FIELD_MAX * 2);
    anonid_intake_free(&in);
}

static void a_loop_is_noticed(void **state)
{
    char *text = "";

    (void)state;
    for (int i = 0; i < ANONID_RECEIVED_MAX; i++)
        text = apr_pstrcat(pool, text, "Received: x\r\n", NULL);
    assert_memory_equal(taken(apr_pstrcat(pool, text, "\r\n.\r\n", NULL)),
                        RECEIVED, strlen(RECEIVED));
    text = apr_pstrcat(pool, text, "received: y\r\n\r\n.\r\n", NULL);
    assert_memory_equal(taken(text), "554 5.4.6", 9);
}

static void what_the_message_needs_is_known(void **state)
{
    (void)state;
    begin(0, 1000);
    (void)result("A: b\r\n\r\n\xc3\xa4\r\n.\r\n", 15, 15);
    assert_true(anonid_intake_message(&in).traits.eight_bit);
    assert_false(anonid_intake_message(&in).traits.utf8);
    anonid_intake_free(&in);
    begin(0, 1000);
    (void)result("A: \xc3\xa4\r\n\r\n.\r\n", 12, 12);
    assert_true(anonid_intake_message(&in).traits.utf8);
    anonid_intake_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(bare_ends_are_refused_if_strict),
        cmocka_unit_test(what_follows_the_end_is_left),
        cmocka_unit_test(size_lines_and_header_are_bounded),
        cmocka_unit_test(a_loop_is_noticed),
        cmocka_unit_test(what_the_message_needs_is_known),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
