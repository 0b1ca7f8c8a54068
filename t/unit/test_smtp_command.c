/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applications' SMTP commands.
 */
#include "unit.h"

#include <string.h>

#include "agent/smtp/command.h"

static anonid_smtp_command_t parse(const char *line)
{
    anonid_smtp_command_t command;

    anonid_smtp_command_parse(line, strlen(line), &command);
    return command;
}

static const struct {
    const char *line;
    anonid_smtp_verb_t verb;
    const char *argument;
} lines[] = {
    { "EHLO there", ANONID_SMTP_EHLO, "there" },
    { "helo", ANONID_SMTP_HELO, "" },
    { "Mail  FROM:<a@b> ", ANONID_SMTP_MAIL, "FROM:<a@b>" },
    { "DATA", ANONID_SMTP_DATA, "" },
    { "DATAX", ANONID_SMTP_UNKNOWN, "" },
    { "", ANONID_SMTP_UNKNOWN, "" },
    { " DATA", ANONID_SMTP_UNKNOWN, "DATA" },
    { "POST / HTTP/1.1", ANONID_SMTP_HTTP, "/ HTTP/1.1" },
    { "host: localhost:25", ANONID_SMTP_HTTP, "localhost:25" },
};

static void lines_are_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        anonid_smtp_command_t command = parse(lines[i].line);

        assert_int_equal(command.verb, lines[i].verb);
        assert_int_equal(command.length, strlen(lines[i].argument));
        assert_memory_equal(command.argument, lines[i].argument,
                            command.length);
    }
}

static const struct {
    const char *line;
    const char *reply; /* its beginning; NULL: it is good */
    const char *address;
    uint64_t size;
    int eight_bit;
} mails[] = {
    { "MAIL FROM:<a@b>", NULL, "a@b", 0, 0 },
    { "MAIL FROM: <a@b>", NULL, "a@b", 0, 0 },
    { "MAIL FROM:<>", NULL, "", 0, 0 },
    { "MAIL from:<a@b> size=12 BODY=8bitmime", NULL, "a@b", 12, 1 },
    { "MAIL FROM:<a@b> BODY=7BIT AUTH=<>", NULL, "a@b", 0, 0 },
    { "MAIL", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:a@b", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b>SIZE=1", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a b>", "501 5.1.7", "", 0, 0 },
    { "MAIL FROM:<a@b> SIZE=-1", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b> SIZE=1234567890123456789", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b> RET=HDRS", "555 5.5.4", "", 0, 0 },
    { "MAIL FROM:<a@b> SMTPUTF8", "555 5.5.4", "", 0, 0 },
};

static void senders_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        anonid_smtp_command_t command = parse(mails[i].line);
        anonid_smtp_path_t path;
        const char *reply = anonid_smtp_mail_parse(&command, &path);

        if (mails[i].reply) {
            assert_non_null(reply);
            assert_memory_equal(reply, mails[i].reply, 9);
            continue;
        }
        assert_null(reply);
        assert_string_equal(path.address, mails[i].address);
        assert_int_equal(path.size, mails[i].size);
        assert_int_equal(path.eight_bit, mails[i].eight_bit);
    }
}

static void recipients_are_parsed(void **state)
{
    static const char *const bad[] = {
        "RCPT TO:<>",       "RCPT TO:<a@b> NOTIFY=NEVER",
        "RCPT TO:<@c:a@b>", "RCPT TO:<a\r@b>",
        "RCPT FROM:<a@b>",  "RCPT TO:<\"a\"@b>"
    };
    anonid_smtp_command_t command = parse("RCPT TO:<a@b>");
    anonid_smtp_path_t path;

    (void)state;
    assert_null(anonid_smtp_rcpt_parse(&command, &path));
    assert_string_equal(path.address, "a@b");
    for (size_t i = 0; i < COUNT(bad); i++) {
        command = parse(bad[i]);
        assert_non_null(anonid_smtp_rcpt_parse(&command, &path));
    }
}

static void lines_end_where_they_end(void **state)
{
    static char text[ANONID_SMTP_COMMAND_MAX + 1];
    size_t line;
    int bare;

    (void)state;
    assert_int_equal(anonid_smtp_line("RSET\r\nQUIT", 10, &line, &bare), 1);
    assert_int_equal(line, 6);
    assert_false(bare);
    assert_int_equal(anonid_smtp_line("RSET\nQUIT", 9, &line, &bare), 1);
    assert_true(bare);
    assert_int_equal(anonid_smtp_line("R\rET\r\n", 6, &line, &bare), 1);
    assert_true(bare);
    assert_int_equal(anonid_smtp_line("RSET\r", 5, &line, &bare), 0);
    memset(text, 'x', sizeof(text));
    assert_int_equal(anonid_smtp_line(text, sizeof(text), &line, &bare), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_commands),
        cmocka_unit_test(senders_are_parsed),
        cmocka_unit_test(recipients_are_parsed),
        cmocka_unit_test(lines_end_where_they_end),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
