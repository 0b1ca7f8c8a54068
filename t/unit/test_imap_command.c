/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of IMAP clients before their login: where each ends, which of its
 * literals are asked for, what never is a command, and what LOGIN takes.
 */
#include "unit.h"

#include "agent/imap/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *input;
    anonid_parse_t state;
    const char *tag;
    const char *name;
    int fault;
    int prompts;
    size_t consumed; /* 0: all of it */
} command_case_t;

#define OK ANONID_PARSE_OK
#define MORE ANONID_PARSE_MORE
#define BAD ANONID_PARSE_BAD
#define NONE ANONID_IMAP_FAULT_NONE
#define TAG ANONID_IMAP_FAULT_TAG
#define LITERAL ANONID_IMAP_FAULT_LITERAL
#define OCTETS ANONID_IMAP_FAULT_OCTETS

static const command_case_t cases[] = {
    { "", MORE, NULL, NULL, 0, 0, 0 },
    { "a NOOP", MORE, NULL, NULL, 0, 0, 0 },
    { "a NOOP\r", MORE, NULL, NULL, 0, 0, 0 },
    { "a NOOP\r\n", OK, "a", "NOOP", NONE, 0, 0 },
    { "a NOOP\n", OK, "a", "NOOP", NONE, 0, 0 },
    { "a.1-2 Noop x y\r\nb", OK, "a.1-2", "Noop", NONE, 0, 16 },
    { "a\r\n", OK, "a", "", NONE, 0, 0 },
    { "\r\n", OK, "*", "", TAG, 0, 0 },
    { " NOOP\r\n", OK, "*", "NOOP", TAG, 0, 0 },
    { "a+b NOOP\r\n", OK, "*", "NOOP", TAG, 0, 0 },
    { "{3} NOOP\r\n", OK, "*", "NOOP", TAG, 0, 0 },
    { "a NO\rOP\r\n", OK, "a", "NO\rOP", OCTETS, 0, 0 },
    { "a LOGIN u p\r\nb SELECT x\r\n", OK, "a", "LOGIN", NONE, 0, 13 },
    /* Literals that have to be asked for, one after the other. */
    { "a LOGIN {1}\r\n", MORE, "a", "LOGIN", NONE, 1, 0 },
    { "a LOGIN {1}\r\nu", MORE, "a", "LOGIN", NONE, 1, 0 },
    { "a LOGIN {1}\r\nu {2}\r\n", MORE, "a", "LOGIN", NONE, 2, 0 },
    { "a LOGIN {1}\r\nu {2}\r\npp\r\n", OK, "a", "LOGIN", NONE, 2, 0 },
    { "a ID (\"x\" {1}\r\ny)\r\n", OK, "a", "ID", NONE, 1, 0 },
    { "a login {0}\r\n {0}\r\n\r\n", OK, "a", "login", NONE, 2, 0 },
    /* And those that come without. */
    { "a LOGIN {1+}\r\nu {2+}\r\npp\r\nb", OK, "a", "LOGIN", NONE, 0, 26 },
    { "a LOGIN {14+}\r\nb LOGOUT\r\nc\r\n", MORE, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN {10+}\r\nb LOGOUT\r\n p\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    /* What is in a literal is no command, whatever it belongs to. */
    { "a FOO {10+}\r\nb LOGOUT\r\n\r\n", OK, "a", "FOO", NONE, 0, 0 },
    { "a FOO {10+}\r\nb LOGOUT\r\n {1+}\r\nx y\r\n", OK, "a", "FOO", NONE, 0,
      0 },
    { " FOO {2+}\r\nab\r\n", OK, "*", "FOO", TAG, 0, 0 },
    /* Not asked for: the command ends here. */
    { "a FOO {10}\r\nb LOGOUT\r\n", OK, "a", "FOO", LITERAL, 0, 12 },
    { "a LOGIN {99999}\r\n", OK, "a", "LOGIN", LITERAL, 0, 0 },
    { "a LOGIN {99999999999999999999}\r\n", OK, "a", "LOGIN", LITERAL, 0, 0 },
    /* On their way, and too many. */
    { "a LOGIN {8193+}\r\n", BAD, NULL, NULL, 0, 0, 0 },
    { "a FOO {99999999999999999999+}\r\n", BAD, NULL, NULL, 0, 0, 0 },
    /* Not literals. */
    { "a LOGIN {-1}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN {+10}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN {5-}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN { 5}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN {}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN {+}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
    { "a LOGIN 5}\r\n", OK, "a", "LOGIN", NONE, 0, 0 },
};

static void assert_word(const char *expected, const char *word, size_t length)
{
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(word, expected, length);
}

static void commands_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const command_case_t *c = &cases[i];
        size_t length = strlen(c->input), consumed = 0;
        anonid_imap_command_t command = { 0 };
        anonid_parse_t got =
            anonid_imap_command_parse(c->input, length, &command, &consumed);

        if (got != c->state || command.prompts != c->prompts)
            fail_msg("case %zu (%s): %d, %d", i, c->input, got,
                     command.prompts);
        if (c->tag) {
            assert_word(c->tag, command.tag, command.tag_length);
            assert_word(c->name, command.name, command.name_length);
            assert_int_equal(command.fault, c->fault);
        }
        if (got == OK)
            assert_int_equal(consumed, c->consumed ? c->consumed : length);
    }
}

static void assert_logins(const char *arguments, int expected)
{
    char line[256];
    anonid_imap_command_t command = { 0 };
    size_t consumed;

    snprintf(line, sizeof(line), "a LOGIN %s\r\n", arguments);
    assert_int_equal(
        anonid_imap_command_parse(line, strlen(line), &command, &consumed),
        OK);
    if (anonid_imap_command_astrings(&command) != expected)
        fail_msg("%s: %d", arguments, anonid_imap_command_astrings(&command));
}

static void arguments_are_atoms_quoted_strings_and_literals(void **state)
{
    (void)state;
    assert_logins("u p", 2);
    assert_logins("\"\" \"\"", 2);
    assert_logins("\"a b\" \"c\\\"d\\\\\"", 2);
    assert_logins("{1+}\r\nu {3+}\r\np\r\n", 2);
    assert_logins("u {1+}\r\np", 2);
    assert_logins("{1+}\r\n\" p", 2);
    assert_logins("\"u\" p]w\\d%*", 2);
    assert_logins("u", 1);
    assert_logins("u p x", 3);
    assert_logins("u  p", -1);
    assert_logins("u p ", -1);
    assert_logins("\"u p", -1);
    assert_logins("\"u\"p", -1);
    assert_logins("\"u\\", -1);
    assert_logins("u{1+}\r\np", -1);
    assert_logins("u {-1}", -1);
    assert_logins("u {x}", -1);
    assert_logins("(u p)", -1);
}

static void size_is_bounded(void **state)
{
    size_t size = 2 * ANONID_IMAP_COMMAND_MAX, consumed, at = 0;
    char *text = malloc(size);
    anonid_imap_command_t command;

    (void)state;
    memset(text, 'x', size);
    assert_int_equal(anonid_imap_command_parse(text, ANONID_IMAP_LINE_MAX,
                                               &command, &consumed),
                     MORE);
    assert_int_equal(anonid_imap_command_parse(text, ANONID_IMAP_LINE_MAX + 1,
                                               &command, &consumed),
                     BAD);
    memcpy(text, "a X", 3);
    for (at = 3; at + 4010 < size; at += 4009)
        memcpy(text + at, "{4000+}\r\n", 9);
    assert_int_equal(anonid_imap_command_parse(text, at, &command, &consumed),
                     BAD);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_told_apart),
        cmocka_unit_test(arguments_are_atoms_quoted_strings_and_literals),
        cmocka_unit_test(size_is_bounded),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
