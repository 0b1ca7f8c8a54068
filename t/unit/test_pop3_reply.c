/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What POP3 servers say to a login: where a reply ends, what it means to the
 * driver, and what is offered.
 */
#include "unit.h"

#include "agent/pop3/reply.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int multi;
    const char *input;
    anonid_parse_t state;
    size_t consumed; /* 0: all of it */
} reply_case_t;

static const reply_case_t cases[] = {
    { 0, "+OK\r\n", ANONID_PARSE_OK, 0 },
    { 0, "+ok hello\r\n", ANONID_PARSE_OK, 0 },
    { 0, "-ERR no\r\n", ANONID_PARSE_OK, 0 },
    { 0, "+ YWJj\r\n", ANONID_PARSE_OK, 0 },
    { 0, "+\r\n", ANONID_PARSE_OK, 0 },
    { 0, "+OK a\r\n+OK b\r\n", ANONID_PARSE_OK, 7 },
    { 0, "", ANONID_PARSE_MORE, 0 },
    { 0, "+O", ANONID_PARSE_MORE, 0 },
    { 0, "-ER", ANONID_PARSE_MORE, 0 },
    { 0, "+OK x\r", ANONID_PARSE_MORE, 0 },
    { 0, "+OKAY\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "-ERROR\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "+YWJj\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "* OK imap\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "220 smtp\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "\r\n", ANONID_PARSE_BAD, 0 },
    { 0, "+OK x\n", ANONID_PARSE_BAD, 0 },
    { 0, "+OK x\ry\r\n", ANONID_PARSE_BAD, 0 },
    { 1, "+OK\r\n", ANONID_PARSE_MORE, 0 },
    { 1, "+OK\r\n.\r\n", ANONID_PARSE_OK, 0 },
    { 1, "+OK\r\nTOP\r\n.\r\n", ANONID_PARSE_OK, 0 },
    { 1, "+OK\r\n..\r\n.x\r\n", ANONID_PARSE_MORE, 0 },
    { 1, "-ERR what?\r\n", ANONID_PARSE_OK, 0 },
    { 1, "+ x\r\n", ANONID_PARSE_OK, 0 },
};

static void replies_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const reply_case_t *c = &cases[i];
        size_t length = strlen(c->input), consumed = 0;
        anonid_mail_reply_t reply = { 0 };
        anonid_parse_t got = anonid_pop3_reply_parse(
            c->multi, c->input, length, &reply, &consumed);

        if (got != c->state)
            fail_msg("case %zu (%s): %d", i, c->input, got);
        if (got == ANONID_PARSE_OK)
            assert_int_equal(consumed, c->consumed ? c->consumed : length);
    }
}

static void nul_octets_are_refused(void **state)
{
    anonid_mail_reply_t reply;
    size_t consumed;

    (void)state;
    assert_int_equal(
        anonid_pop3_reply_parse(0, "+OK a\0\r\n", 8, &reply, &consumed),
        ANONID_PARSE_BAD);
}

static void size_is_bounded(void **state)
{
    size_t size = ANONID_POP3_REPLY_MAX + 100, consumed;
    char *text = malloc(size);
    anonid_mail_reply_t reply;

    (void)state;
    memset(text, 'x', size);
    memcpy(text, "+OK ", 4);
    assert_int_equal(anonid_pop3_reply_parse(0, text, size, &reply, &consumed),
                     ANONID_PARSE_BAD);
    for (size_t i = 0; i + 5 <= size; i += 5)
        memcpy(text + i, "+OK\r\n", 5);
    assert_int_equal(anonid_pop3_reply_parse(1, text, size, &reply, &consumed),
                     ANONID_PARSE_BAD);
    free(text);
}

typedef struct {
    anonid_phase_t phase;
    const char *input;
    anonid_verdict_t verdict;
} verdict_case_t;

static const verdict_case_t verdicts[] = {
    { ANONID_PHASE_GREETING, "+OK hi\r\n", ANONID_VERDICT_GOOD },
    { ANONID_PHASE_GREETING, "+OK\r\n", ANONID_VERDICT_GOOD },
    { ANONID_PHASE_GREETING, "-ERR go\r\n", ANONID_VERDICT_REFUSED },
    { ANONID_PHASE_GREETING, "-ERR [SYS/TEMP] go\r\n", ANONID_VERDICT_LATER },
    { ANONID_PHASE_GREETING, "+ x\r\n", ANONID_VERDICT_BAD },
    { ANONID_PHASE_STARTTLS, "-ERR no\r\n", ANONID_VERDICT_REFUSED },
    { ANONID_PHASE_AUTH, "+ x\r\n", ANONID_VERDICT_CHALLENGE },
    { ANONID_PHASE_AUTH, "+\r\n", ANONID_VERDICT_CHALLENGE },
    { ANONID_PHASE_AUTH, "+OK in\r\n", ANONID_VERDICT_GOOD },
    { ANONID_PHASE_AUTH, "-ERR no\r\n", ANONID_VERDICT_REFUSED },
    { ANONID_PHASE_AUTH, "-ERR [AUTH] no\r\n", ANONID_VERDICT_REFUSED },
    { ANONID_PHASE_AUTH, "-ERR [IN-USE] x\r\n", ANONID_VERDICT_LATER },
    { ANONID_PHASE_AUTH, "-ERR [in-use]\r\n", ANONID_VERDICT_LATER },
    { ANONID_PHASE_AUTH, "-ERR [SYS/PERM] x\r\n", ANONID_VERDICT_LATER },
    { ANONID_PHASE_AUTH, "-ERR [LOGIN-DELAY] x\r\n", ANONID_VERDICT_LATER },
    { ANONID_PHASE_AUTH, "-ERR [SYSTEM] x\r\n", ANONID_VERDICT_REFUSED },
    { ANONID_PHASE_AUTH, "-ERR SYS/TEMP\r\n", ANONID_VERDICT_REFUSED },
};

static void verdicts_follow_state_and_code(void **state)
{
    const anonid_mail_driver_t *driver = &anonid_pop3_driver;

    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        const verdict_case_t *c = &verdicts[i];
        anonid_mail_reply_t reply;
        size_t consumed;

        assert_int_equal(driver->parse(c->phase, c->input, strlen(c->input),
                                       &reply, &consumed),
                         ANONID_PARSE_OK);
        if (driver->judge(c->phase, &reply) != c->verdict)
            fail_msg("case %zu (%s)", i, c->input);
    }
}

static void assert_capabilities(const char *input, unsigned flags,
                                const char *mechanisms)
{
    anonid_mail_reply_t reply = { 0, input, strlen(input) };
    anonid_capabilities_t caps;

    anonid_pop3_capabilities(&reply, &caps);
    assert_int_equal(caps.flags, flags);
    assert_string_equal(caps.mechanisms, mechanisms);
}

static void capabilities_are_read(void **state)
{
    (void)state;
    assert_capabilities("+OK\r\nUSER\r\nSTLS\r\nSASL PLAIN scram-sha-256\r\n"
                        ".\r\n",
                        ANONID_CAP_STARTTLS, "PLAIN SCRAM-SHA-256");
    assert_capabilities("+OK SASL X\r\nSASL\r\nSTLSX\r\n.\r\n", 0, "");
    assert_capabilities("+OK\r\n.\r\n", 0, "");
}

static void assert_challenge(const char *input, const char *expected)
{
    anonid_mail_reply_t reply = { 0, input, strlen(input) };
    const char *text;
    size_t length;

    anonid_pop3_driver.challenge(&reply, &text, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void challenges_are_what_follows_the_plus(void **state)
{
    (void)state;
    assert_challenge("+ YWJj\r\n", "YWJj");
    assert_challenge("+ \r\n", "");
    assert_challenge("+\r\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_told_apart),
        cmocka_unit_test(nul_octets_are_refused),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(verdicts_follow_state_and_code),
        cmocka_unit_test(capabilities_are_read),
        cmocka_unit_test(challenges_are_what_follows_the_plus),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
