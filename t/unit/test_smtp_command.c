/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applications' SMTP commands.
 */
#include "unit.h"

#include <stdio.h>
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
        const char *reply = anonid_smtp_mail_parse(&command, 0, &path);

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
    assert_null(anonid_smtp_rcpt_parse(&command, 0, &path));
    assert_string_equal(path.address, "a@b");
    for (size_t i = 0; i < COUNT(bad); i++) {
        command = parse(bad[i]);
        assert_non_null(anonid_smtp_rcpt_parse(&command, 0, &path));
    }
}

static const struct {
    const char *line;
    const char *reply; /* NULL: it is taken */
    const char *dsn;
    int utf8;
} parameters[] = {
    { "MAIL FROM:<a@b> RET=hdrs ENVID=Q+2Bx", NULL, " RET=hdrs ENVID=Q+2Bx",
      0 },
    { "MAIL FROM:<a@b> smtputf8 envid=1 SIZE=5", NULL, " ENVID=1", 1 },
    { "MAIL FROM:<a@b> RET=HDRS RET=FULL", "501", NULL, 0 },
    { "MAIL FROM:<a@b> RET=ALL", "501", NULL, 0 },
    { "MAIL FROM:<a@b> RET", "501", NULL, 0 },
    { "MAIL FROM:<a@b> ENVID=", "501", NULL, 0 },
    { "MAIL FROM:<a@b> ENVID=a+b", "501", NULL, 0 },
    { "MAIL FROM:<a@b> ENVID=a=b", "501", NULL, 0 },
    { "MAIL FROM:<a@b> ENVID=a\xc3\xa4", "501", NULL, 0 },
    { "MAIL FROM:<a@b> ENVID=a\rRSET", "501", NULL, 0 },
    { "MAIL FROM:<a@b> SMTPUTF8=1", "501", NULL, 0 },
    { "MAIL FROM:<a@b> NOTIFY=NEVER", "555", NULL, 0 },
    { "RCPT TO:<a@b> NOTIFY=NEVER", NULL, " NOTIFY=NEVER", 0 },
    { "RCPT TO:<a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@y", NULL,
      " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@y", 0 },
    { "RCPT TO:<a@b> ORCPT=utf-8;x\\x{e4}@y", NULL, " ORCPT=utf-8;x\\x{e4}@y",
      0 },
    { "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", "501", NULL, 0 },
    { "RCPT TO:<a@b> NOTIFY=DELAY,DELAY", "501", NULL, 0 },
    { "RCPT TO:<a@b> NOTIFY=DELAY,", "501", NULL, 0 },
    { "RCPT TO:<a@b> NOTIFY=,", "501", NULL, 0 },
    { "RCPT TO:<a@b> NOTIFY=", "501", NULL, 0 },
    { "RCPT TO:<a@b> ORCPT=x@y", "501", NULL, 0 },
    { "RCPT TO:<a@b> ORCPT=;x@y", "501", NULL, 0 },
    { "RCPT TO:<a@b> ORCPT=rfc822;", "501", NULL, 0 },
    { "RCPT TO:<a@b> ORCPT=rfc 822;x", "501", NULL, 0 },
    { "RCPT TO:<a@b> SIZE=5", "555", NULL, 0 },
};

static const char *take_parameters(const char *line, anonid_smtp_path_t *path)
{
    anonid_smtp_command_t command = parse(line);

    return *line == 'M' ? anonid_smtp_mail_parse(&command, ~0U, path)
                        : anonid_smtp_rcpt_parse(&command, ~0U, path);
}

static void parameters_are_checked_to_the_last_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parameters); i++) {
        anonid_smtp_path_t path;
        const char *reply = take_parameters(parameters[i].line, &path);

        if (!parameters[i].reply != !reply)
            fail_msg("%s: %s", parameters[i].line, reply ? reply : "taken");
        if (reply) {
            assert_memory_equal(reply, parameters[i].reply, 3);
            continue;
        }
        assert_string_equal(path.dsn, parameters[i].dsn);
        assert_int_equal(path.utf8, parameters[i].utf8);
    }
}

/* RFC 3461 sections 4.2 and 4.4. */
static void parameters_are_as_long_as_they_may(void **state)
{
    static const struct {
        const char *begin;
        int most;
    } rows[] = { { "MAIL FROM:<a@b> RET=HDRS ENVID=", 100 },
                 { "RCPT TO:<a@b> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=a;",
                   498 } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int more = 0; more < 2; more++) {
            anonid_smtp_path_t path;
            char line[1024], value[600];
            int length = rows[i].most + more;

            memset(value, 'x', sizeof(value));
            snprintf(line, sizeof(line), "%s%.*s", rows[i].begin, length,
                     value);
            assert_int_equal(take_parameters(line, &path) != NULL, more);
        }
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
        cmocka_unit_test(parameters_are_checked_to_the_last_octet),
        cmocka_unit_test(parameters_are_as_long_as_they_may),
        cmocka_unit_test(lines_end_where_they_end),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
