/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP replies: what is one, what is a good beginning, what never will be,
 * and what is read out of a good one.
 */
#include "unit.h"

#include "agent/smtp/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *input;
    anonid_parse_t state;
    int code;        /* of a good one */
    size_t consumed; /* 0: all of it */
} reply_case_t;

static const reply_case_t cases[] = {
    { "", ANONID_PARSE_MORE, 0, 0 },
    { "2", ANONID_PARSE_MORE, 0, 0 },
    { "25", ANONID_PARSE_MORE, 0, 0 },
    { "250", ANONID_PARSE_MORE, 0, 0 },
    { "250 ", ANONID_PARSE_MORE, 0, 0 },
    { "250 ok", ANONID_PARSE_MORE, 0, 0 },
    { "250 ok\r", ANONID_PARSE_MORE, 0, 0 },
    { "250 ok\r\n", ANONID_PARSE_OK, 250, 0 },
    { "250\r\n", ANONID_PARSE_OK, 250, 0 },
    { "250 \r\n", ANONID_PARSE_OK, 250, 0 },
    { "250-a\r\n", ANONID_PARSE_MORE, 0, 0 },
    { "250-a\r\n2", ANONID_PARSE_MORE, 0, 0 },
    { "250-a\r\n250 b\r\n", ANONID_PARSE_OK, 250, 0 },
    { "250-a\r\n250\r\n", ANONID_PARSE_OK, 250, 0 },
    { "250-\r\n250-\r\n250 \r\n", ANONID_PARSE_OK, 250, 0 },
    { "559 x\r\n", ANONID_PARSE_OK, 559, 0 },
    { "354 go\r\n220 x\r\n", ANONID_PARSE_OK, 354, 8 },
    { "220 \xc3\xa9\t\x01\r\n", ANONID_PARSE_OK, 220, 0 },
    /* Codes are 200 to 559, with three digits. */
    { "1", ANONID_PARSE_BAD, 0, 0 },
    { "6", ANONID_PARSE_BAD, 0, 0 },
    { "26", ANONID_PARSE_BAD, 0, 0 },
    { "25a", ANONID_PARSE_BAD, 0, 0 },
    { "2500", ANONID_PARSE_BAD, 0, 0 },
    { " 250 x\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "250x\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "250\tx\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "* OK\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "HTTP/1.1 200 OK\r\n", ANONID_PARSE_BAD, 0, 0 },
    /* Lines end in CRLF and nothing else. */
    { "250 ok\n", ANONID_PARSE_BAD, 0, 0 },
    { "250\n", ANONID_PARSE_BAD, 0, 0 },
    { "250 a\rb", ANONID_PARSE_BAD, 0, 0 },
    { "250 a\r\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "250-a\n250 b\r\n", ANONID_PARSE_BAD, 0, 0 },
    /* One code for all lines. */
    { "250-a\r\n251 b\r\n", ANONID_PARSE_BAD, 0, 0 },
    { "250-a\r\n550", ANONID_PARSE_MORE, 0, 0 },
    { "\r\n", ANONID_PARSE_BAD, 0, 0 },
};

static void replies_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const reply_case_t *c = &cases[i];
        size_t length = strlen(c->input), consumed = 0;
        anonid_mail_reply_t reply = { 0 };
        anonid_parse_t got =
            anonid_smtp_reply_parse(c->input, length, &reply, &consumed);

        if (got != c->state)
            fail_msg("case %zu (%s): %d", i, c->input, got);
        if (got != ANONID_PARSE_OK)
            continue;
        assert_int_equal(reply.code, c->code);
        assert_int_equal(consumed, c->consumed ? c->consumed : length);
        assert_int_equal(reply.length, consumed);
    }
}

static void nul_octets_are_refused(void **state)
{
    anonid_mail_reply_t reply;
    size_t consumed;

    (void)state;
    assert_int_equal(
        anonid_smtp_reply_parse("250 a\0b\r\n", 9, &reply, &consumed),
        ANONID_PARSE_BAD);
    assert_int_equal(anonid_smtp_reply_parse("250\0", 4, &reply, &consumed),
                     ANONID_PARSE_BAD);
}

/* A good reply is never refused for how much of it is there. */
static void every_beginning_wants_more(void **state)
{
    static const char text[] =
        "250-mail.example\r\n250-SIZE\r\n250 AUTH X\r\n";
    anonid_mail_reply_t reply;
    size_t consumed;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++)
        assert_int_equal(anonid_smtp_reply_parse(text, n, &reply, &consumed),
                         ANONID_PARSE_MORE);
}

/* Repeats a line and ends with "250 x". */
static char *many_lines(const char *line, size_t n, size_t *length)
{
    size_t each = strlen(line);
    char *text = malloc(each * n + 8);

    for (size_t i = 0; i < n; i++)
        memcpy(text + i * each, line, each);
    memcpy(text + each * n, "250 x\r\n", 8);
    *length = each * n + 7;
    return text;
}

static void assert_lines(const char *line, size_t n, anonid_parse_t expected)
{
    anonid_mail_reply_t reply;
    size_t length, consumed;
    char *text = many_lines(line, n, &length);

    assert_int_equal(anonid_smtp_reply_parse(text, length, &reply, &consumed),
                     expected);
    free(text);
}

static void size_is_bounded(void **state)
{
    char line[1024];
    char *text = malloc(ANONID_SMTP_LINE_MAX + 8);
    anonid_mail_reply_t reply;
    size_t consumed;

    (void)state;
    assert_lines("250-x\r\n", ANONID_SMTP_LINES_MAX - 1, ANONID_PARSE_OK);
    assert_lines("250-x\r\n", ANONID_SMTP_LINES_MAX, ANONID_PARSE_BAD);
    snprintf(line, sizeof(line), "250-%01000d\r\n", 0);
    assert_lines(line, 32, ANONID_PARSE_OK);
    assert_lines(line, 33, ANONID_PARSE_BAD);

    memset(text, 'x', ANONID_SMTP_LINE_MAX + 8);
    memcpy(text, "250 ", 4);
    assert_int_equal(anonid_smtp_reply_parse(text, ANONID_SMTP_LINE_MAX - 1,
                                             &reply, &consumed),
                     ANONID_PARSE_MORE);
    assert_int_equal(
        anonid_smtp_reply_parse(text, ANONID_SMTP_LINE_MAX, &reply, &consumed),
        ANONID_PARSE_BAD);
    memcpy(text + ANONID_SMTP_LINE_MAX - 2, "\r\n", 2);
    assert_int_equal(
        anonid_smtp_reply_parse(text, ANONID_SMTP_LINE_MAX, &reply, &consumed),
        ANONID_PARSE_OK);
    free(text);
}

static anonid_mail_reply_t parse(const char *text)
{
    anonid_mail_reply_t reply;
    size_t consumed;

    assert_int_equal(
        anonid_smtp_reply_parse(text, strlen(text), &reply, &consumed),
        ANONID_PARSE_OK);
    return reply;
}

static void lines_are_walked_over(void **state)
{
    anonid_mail_reply_t reply = parse("250-a\r\n250-\r\n250\r\n");
    const char *text;
    size_t offset = 0, length;

    (void)state;
    assert_true(anonid_smtp_reply_line(&reply, &offset, &text, &length));
    assert_int_equal(length, 1);
    assert_memory_equal(text, "a", 1);
    assert_true(anonid_smtp_reply_line(&reply, &offset, &text, &length));
    assert_int_equal(length, 0);
    assert_true(anonid_smtp_reply_line(&reply, &offset, &text, &length));
    assert_int_equal(length, 0);
    assert_false(anonid_smtp_reply_line(&reply, &offset, &text, &length));
}

static void assert_enhanced(const char *text, int known, int a, int b, int c)
{
    anonid_mail_reply_t reply = parse(text);
    int status[3] = { 0, 0, 0 };

    assert_int_equal(anonid_smtp_reply_enhanced(&reply, status), known);
    if (!known)
        return;
    assert_int_equal(status[0], a);
    assert_int_equal(status[1], b);
    assert_int_equal(status[2], c);
}

static void enhanced_codes_are_read(void **state)
{
    (void)state;
    assert_enhanced("550 5.1.1 x\r\n", 1, 5, 1, 1);
    assert_enhanced("550 5.7.133\r\n", 1, 5, 7, 133);
    assert_enhanced("550-5.1.1 x\r\n550 5.1.1 y\r\n", 1, 5, 1, 1);
    assert_enhanced("550 4.1.1 x\r\n", 0, 0, 0, 0);
    assert_enhanced("550 5.1 x\r\n", 0, 0, 0, 0);
    assert_enhanced("550 5.1.1x\r\n", 0, 0, 0, 0);
    assert_enhanced("550 5.1.1234 x\r\n", 0, 0, 0, 0);
    assert_enhanced("550 x\r\n", 0, 0, 0, 0);
    assert_enhanced("550\r\n", 0, 0, 0, 0);
}

static void assert_text(const char *input, size_t size, const char *expected)
{
    anonid_mail_reply_t reply = parse(input);
    char out[256];

    anonid_smtp_reply_text(&reply, out, size);
    assert_string_equal(out, expected);
}

static void texts_are_one_clean_line(void **state)
{
    (void)state;
    assert_text("250 ok\r\n", 256, "250 ok");
    assert_text("250\r\n", 256, "250");
    assert_text("250-a\r\n250-\r\n250 b\r\n", 256, "250 a b");
    assert_text("250 a\tb\x1b[0m\r\n", 256, "250 a b [0m");
    assert_text("250 gr\xc3\xbc\xc3\x9f\xff\r\n", 256,
                "250 gr\xc3\xbc\xc3\x9f?");
    assert_text("250 abcdef\r\n", 8, "250 abc");
    assert_text("250 ab\xc3\xbc\r\n", 8, "250 ab");
    assert_text("250 a\r\n", 3, "25");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_told_apart),
        cmocka_unit_test(nul_octets_are_refused),
        cmocka_unit_test(every_beginning_wants_more),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(lines_are_walked_over),
        cmocka_unit_test(enhanced_codes_are_read),
        cmocka_unit_test(texts_are_one_clean_line),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
