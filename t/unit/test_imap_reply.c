/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What IMAP servers say to a login: where a reply ends, what it means to the
 * driver, what is offered, and what of that a client may see.
 */
#include "unit.h"

#include "agent/imap/capabilities.h"
#include "agent/imap/reply.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *tag; /* NULL: a greeting */
    const char *input;
    anonid_parse_t state;
    size_t consumed; /* 0: all of it */
} reply_case_t;

static const reply_case_t cases[] = {
    { NULL, "* OK ready\r\n", ANONID_PARSE_OK, 0 },
    { NULL, "* PREAUTH hello\r\n", ANONID_PARSE_OK, 0 },
    { NULL, "* BYE busy\r\n", ANONID_PARSE_OK, 0 },
    { NULL, "* OK a {5}\r\n", ANONID_PARSE_OK, 0 },
    { NULL, "* OK a\r\n* OK b\r\n", ANONID_PARSE_OK, 8 },
    { NULL, "+ go\r\n", ANONID_PARSE_BAD, 0 },
    { NULL, "220 smtp.example\r\n", ANONID_PARSE_BAD, 0 },
    { NULL, "2", ANONID_PARSE_BAD, 0 },
    { NULL, "\x16\x03", ANONID_PARSE_BAD, 0 },
    { NULL, "*", ANONID_PARSE_MORE, 0 },
    { NULL, "", ANONID_PARSE_MORE, 0 },
    { NULL, "* OK x\n", ANONID_PARSE_BAD, 0 },
    { NULL, "* OK x\ry\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A1 OK done\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "A1 no\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "A1 BAD x\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "* CAPABILITY A\r\n* OK b\r\n* 5 EXISTS\r\nA1 OK\r\n",
      ANONID_PARSE_OK, 0 },
    { "A1", "* NO trouble\r\nA1 OK x\r\nA1 OK y\r\n", ANONID_PARSE_OK, 23 },
    { "A1", "* BYE closing\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "* BYEBYE closing\r\n", ANONID_PARSE_MORE, 0 },
    { "A1", "+ Y2hhbGxlbmdl\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "+ \r\n", ANONID_PARSE_OK, 0 },
    { "A1", "+\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "+x\r\n", ANONID_PARSE_BAD, 0 },
    /* Another's tag, or nothing that a command can be answered with. */
    { "A1", "A2 OK x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A11 OK x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A1\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A1 OKAY x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A1 PREAUTH x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "A1 BYE x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "\r\nA1 OK x\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "*\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "HTTP/1.1 200 OK\r\n", ANONID_PARSE_BAD, 0 },
    /* Literals: their octets are no lines. */
    { "A1", "* LIST () \"/\" {9}\r\nA1 OK x\r\n", ANONID_PARSE_MORE, 0 },
    { "A1", "* LIST () \"/\" {9}\r\nA1 OK x\r\n\r\nA1 OK y\r\n",
      ANONID_PARSE_OK, 0 },
    { "A1", "* X {1}\r\na{2}\r\nbcd\r\nA1 OK y\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "* X {40000}\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "* X {99999999999999999999999}\r\n", ANONID_PARSE_BAD, 0 },
    { "A1", "* X {-1}\r\nA1 OK x\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "* X {}\r\nA1 OK x\r\n", ANONID_PARSE_OK, 0 },
    { "A1", "A1 OK {9}\r\n", ANONID_PARSE_OK, 0 },
};

static void replies_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const reply_case_t *c = &cases[i];
        size_t length = strlen(c->input), consumed = 0;
        anonid_mail_reply_t reply = { 0 };
        anonid_parse_t got = anonid_imap_reply_parse(c->tag, c->input, length,
                                                     &reply, &consumed);

        if (got != c->state)
            fail_msg("case %zu (%s): %d", i, c->input, got);
        if (got != ANONID_PARSE_OK)
            continue;
        assert_int_equal(consumed, c->consumed ? c->consumed : length);
        assert_int_equal(reply.length, consumed);
    }
}

static void every_beginning_wants_more(void **state)
{
    static const char text[] = "* CAPABILITY IMAP4rev1\r\n"
                               "* X {3}\r\na\r\n y\r\nA1 OK done\r\n";
    anonid_mail_reply_t reply;
    size_t consumed;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++)
        assert_int_equal(
            anonid_imap_reply_parse("A1", text, n, &reply, &consumed),
            ANONID_PARSE_MORE);
}

static void size_is_bounded(void **state)
{
    size_t size = ANONID_IMAP_REPLY_MAX + 100, consumed;
    char *text = malloc(size);
    anonid_mail_reply_t reply;

    (void)state;
    memset(text, 'x', size);
    memcpy(text, "* ", 2);
    assert_int_equal(
        anonid_imap_reply_parse("A1", text, size, &reply, &consumed),
        ANONID_PARSE_BAD);
    for (size_t i = 0; i + 8 <= size; i += 8)
        memcpy(text + i, "* 1 XX\r\n", 8);
    assert_int_equal(
        anonid_imap_reply_parse("A1", text, size, &reply, &consumed),
        ANONID_PARSE_BAD);
    free(text);
}

typedef struct {
    anonid_phase_t phase;
    const char *input;
    anonid_verdict_t verdict;
    const char *text;
} verdict_case_t;

static const verdict_case_t verdicts[] = {
    { ANONID_PHASE_GREETING, "* OK ready\r\n", ANONID_VERDICT_GOOD,
      "OK ready" },
    { ANONID_PHASE_GREETING, "* BYE full\r\n", ANONID_VERDICT_LATER,
      "BYE full" },
    { ANONID_PHASE_GREETING, "* PREAUTH x\r\n", ANONID_VERDICT_BAD,
      "a login is there before ours, and perhaps before TLS, which somebody "
      "may have injected: PREAUTH x" },
    { ANONID_PHASE_GREETING, "* CAPABILITY x\r\n", ANONID_VERDICT_BAD,
      "CAPABILITY x" },
    { ANONID_PHASE_HELLO, "* CAPABILITY x\r\nA1 OK x\r\n", ANONID_VERDICT_GOOD,
      "OK x" },
    { ANONID_PHASE_HELLO, "+ x\r\n", ANONID_VERDICT_BAD, "+ x" },
    { ANONID_PHASE_STARTTLS, "A2 BAD x\r\n", ANONID_VERDICT_REFUSED, "BAD x" },
    { ANONID_PHASE_AUTH, "+ abc\r\n", ANONID_VERDICT_CHALLENGE, "+ abc" },
    { ANONID_PHASE_AUTH, "A3 OK [CAPABILITY X] in\r\n", ANONID_VERDICT_GOOD,
      "OK [CAPABILITY X] in" },
    { ANONID_PHASE_AUTH, "A3 NO [AUTHENTICATIONFAILED] no\r\n",
      ANONID_VERDICT_REFUSED, "NO [AUTHENTICATIONFAILED] no" },
    { ANONID_PHASE_AUTH, "A3 NO no\r\n", ANONID_VERDICT_REFUSED, "NO no" },
    { ANONID_PHASE_AUTH, "A3 NO [UNAVAILABLE] no\r\n", ANONID_VERDICT_LATER,
      "NO [UNAVAILABLE] no" },
    { ANONID_PHASE_AUTH, "A3 NO [limit] LIMIT reached\r\n",
      ANONID_VERDICT_LATER, "NO [limit] LIMIT reached" },
    { ANONID_PHASE_AUTH, "A3 NO [INUSE] x\r\n", ANONID_VERDICT_LATER,
      "NO [INUSE] x" },
    { ANONID_PHASE_AUTH, "A3 NO LIMIT\r\n", ANONID_VERDICT_REFUSED,
      "NO LIMIT" },
    { ANONID_PHASE_AUTH, "A3 OK [LIMIT] x\r\n", ANONID_VERDICT_GOOD,
      "OK [LIMIT] x" },
    { ANONID_PHASE_AUTH, "* BYE idle\r\n", ANONID_VERDICT_LATER, "BYE idle" },
};

static void verdicts_follow_state_and_code(void **state)
{
    const anonid_mail_driver_t *driver = &anonid_imap_driver;

    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        const verdict_case_t *c = &verdicts[i];
        anonid_mail_reply_t reply;
        size_t consumed;
        char text[256];

        assert_int_equal(driver->parse(c->phase, c->input, strlen(c->input),
                                       &reply, &consumed),
                         ANONID_PARSE_OK);
        if (driver->judge(c->phase, &reply) != c->verdict)
            fail_msg("case %zu (%s)", i, c->input);
        driver->text(&reply, text, sizeof(text));
        assert_string_equal(text, c->text);
    }
}

static void assert_challenge(const char *input, const char *expected)
{
    anonid_mail_reply_t reply = { 0, input, strlen(input) };
    const char *text;
    size_t length;

    anonid_imap_driver.challenge(&reply, &text, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void challenges_are_what_follows_the_plus(void **state)
{
    (void)state;
    assert_challenge("+ YWJj\r\n", "YWJj");
    assert_challenge("* OK wait\r\n+ YWJj\r\n", "YWJj");
    assert_challenge("+ \r\n", "");
    assert_challenge("+\r\n", "");
}

static void assert_capabilities(const char *input, unsigned flags,
                                const char *mechanisms)
{
    anonid_mail_reply_t reply = { 0, input, strlen(input) };
    anonid_capabilities_t caps;

    anonid_imap_capabilities(&reply, &caps);
    assert_int_equal(caps.flags, flags);
    assert_string_equal(caps.mechanisms, mechanisms);
}

static void capabilities_are_found_wherever_they_are(void **state)
{
    (void)state;
    assert_capabilities("* CAPABILITY IMAP4rev1 SASL-IR STARTTLS auth=plain "
                        "AUTH=SCRAM-SHA-256\r\nA1 OK done\r\n",
                        ANONID_CAP_SASL_IR | ANONID_CAP_STARTTLS,
                        "PLAIN SCRAM-SHA-256");
    assert_capabilities("* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] hi\r\n", 0,
                        "LOGIN");
    assert_capabilities("A1 OK [CAPABILITY AUTH=X] hi\r\n", 0, "X");
    assert_capabilities("* CAPABILITY AUTH=OLD\r\n"
                        "A1 OK [CAPABILITY AUTH=NEW] x\r\n",
                        0, "NEW");
    assert_capabilities("* OK [CAPABILITY AUTH=X\r\n", 0, "");
    assert_capabilities("* OK CAPABILITY AUTH=X\r\n", 0, "");
    assert_capabilities("* X {23}\r\n* CAPABILITY AUTH=EVIL \r\nA1 OK\r\n", 0,
                        "");
    assert_capabilities("* CAPABILITY AUTH= AUTH=A/B AUTHX=Y\r\n", 0, "");
}

static void assert_stripped(const char *list, const char *expected)
{
    char out[ANONID_IMAP_LIST_MAX];

    anonid_imap_capabilities_strip(list, strlen(list), out);
    assert_string_equal(out, expected);
}

static void what_is_for_logging_on_is_not_shown(void **state)
{
    char list[3 * ANONID_IMAP_LIST_MAX], out[ANONID_IMAP_LIST_MAX];

    (void)state;
    assert_stripped(" IMAP4rev1 sasl-ir AUTH=PLAIN STARTTLS LOGINDISABLED IDLE"
                    " LOGIN-REFERRALS Unauthenticate COMPRESS=DEFLATE",
                    "IMAP4rev1 IDLE COMPRESS=DEFLATE");
    assert_stripped("A] B\x01 C\"D (E I18NLEVEL=1 \xc3\xa9", "I18NLEVEL=1");
    assert_stripped("", "");
    for (size_t i = 0; i < sizeof(list); i++)
        list[i] = "ABCDEFG "[i % 8];
    assert_true(anonid_imap_capabilities_strip(list, sizeof(list), out)
                < sizeof(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_told_apart),
        cmocka_unit_test(every_beginning_wants_more),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(verdicts_follow_state_and_code),
        cmocka_unit_test(challenges_are_what_follows_the_plus),
        cmocka_unit_test(capabilities_are_found_wherever_they_are),
        cmocka_unit_test(what_is_for_logging_on_is_not_shown),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
