/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read out of an EHLO reply, with good servers and odd ones.
 */
#include "unit.h"

#include "agent/smtp/capabilities.h"
#include "agent/smtp/reply.h"

#include <string.h>

static anonid_capabilities_t read_reply(const char *text)
{
    anonid_mail_reply_t reply;
    anonid_capabilities_t caps;
    size_t consumed;

    assert_int_equal(
        anonid_smtp_reply_parse(text, strlen(text), &reply, &consumed),
        ANONID_PARSE_OK);
    anonid_smtp_capabilities(&reply, &caps);
    return caps;
}

static void all_extensions_are_known(void **state)
{
    anonid_capabilities_t caps = read_reply(
        "250-mail.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n"
        "250-STARTTLS\r\n250-AUTH PLAIN SCRAM-SHA-256\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");

    (void)state;
    assert_int_equal(caps.flags, ANONID_CAP_PIPELINING | ANONID_CAP_SIZE
                                     | ANONID_CAP_STARTTLS
                                     | ANONID_CAP_8BITMIME
                                     | ANONID_CAP_SMTPUTF8);
    assert_int_equal(caps.size, 1000);
    assert_string_equal(caps.mechanisms, "PLAIN SCRAM-SHA-256");
}

/* The first line is the server's name, whatever it is. */
static void the_name_promises_nothing(void **state)
{
    anonid_capabilities_t caps = read_reply("250-STARTTLS\r\n250 SIZE\r\n");

    (void)state;
    assert_int_equal(caps.flags, ANONID_CAP_SIZE);
    assert_int_equal(read_reply("250 STARTTLS\r\n").flags, 0);
}

static void case_does_not_matter(void **state)
{
    anonid_capabilities_t caps =
        read_reply("250-x\r\n250-starttls\r\n250 auth plain cram-md5\r\n");

    (void)state;
    assert_int_equal(caps.flags, ANONID_CAP_STARTTLS);
    assert_string_equal(caps.mechanisms, "PLAIN CRAM-MD5");
}

static void only_whole_keywords_count(void **state)
{
    anonid_capabilities_t caps = read_reply(
        "250-x\r\n250-STARTTLSX\r\n250-XSTARTTLS\r\n250-AUTHX PLAIN\r\n"
        "250-SIZEABLE 1\r\n250-8BIT\r\n250 STARTTLS=1\r\n");

    (void)state;
    assert_int_equal(caps.flags, 0);
    assert_string_equal(caps.mechanisms, "");
}

static void auth_may_come_twice_and_with_equals(void **state)
{
    anonid_capabilities_t caps =
        read_reply("250-x\r\n250-AUTH PLAIN  LOGIN\r\n250 AUTH=CRAM-MD5\r\n");

    (void)state;
    assert_string_equal(caps.mechanisms, "PLAIN LOGIN CRAM-MD5");
}

static void odd_mechanisms_are_passed_over(void **state)
{
    anonid_capabilities_t caps = read_reply(
        "250-x\r\n250 AUTH A/B \x01 ABCDEFGHIJKLMNOPQRSTU OK_1 \xc3\xa9\r\n");

    (void)state;
    assert_string_equal(caps.mechanisms, "OK_1");
}

static void many_mechanisms_are_cut(void **state)
{
    char text[4096] = "250-x\r\n250 AUTH";
    anonid_capabilities_t caps;

    (void)state;
    for (int i = 0; i < 150; i++)
        strcat(text, " MECHANISM-ABCDEFGH");
    strcat(text, "\r\n");
    caps = read_reply(text);
    assert_true(strlen(caps.mechanisms) < ANONID_MECHANISMS_TEXT_MAX);
    assert_int_equal((strlen(caps.mechanisms) + 1) % 19, 0);
}

static void sizes_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_reply("250-x\r\n250 SIZE\r\n").size, 0);
    assert_int_equal(read_reply("250-x\r\n250 SIZE 0\r\n").size, 0);
    assert_int_equal(read_reply("250-x\r\n250 SIZE abc\r\n").size, 0);
    assert_int_equal(read_reply("250-x\r\n250 SIZE -1\r\n").size, 0);
    assert_int_equal(read_reply("250-x\r\n250 SIZE 99999999999\r\n").size,
                     99999999999);
    assert_int_equal(
        read_reply("250-x\r\n250 SIZE 99999999999999999999\r\n").size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_extensions_are_known),
        cmocka_unit_test(the_name_promises_nothing),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(only_whole_keywords_count),
        cmocka_unit_test(auth_may_come_twice_and_with_equals),
        cmocka_unit_test(odd_mechanisms_are_passed_over),
        cmocka_unit_test(many_mechanisms_are_cut),
        cmocka_unit_test(sizes_are_read),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
