/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is UTF-8, and what of a foreign text is shown.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static void utf8_is_strict(void **state)
{
    static const char *const valid[] = { "",
                                         "a",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf" };
    static const char *const invalid[] = { "\x80",
                                           "\xc1\xbf",
                                           "\xc2",
                                           "\xc2\x61",
                                           "\xe0\x9f\xbf",
                                           "\xed\xa0\x80",
                                           "\xe1\x80",
                                           "\xf0\x8f\xbf\xbf",
                                           "\xf4\x90\x80\x80",
                                           "\xf5\x80\x80\x80" };

    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++)
        assert_true(anonid_text_is_utf8(valid[i], strlen(valid[i])));
    for (size_t i = 0; i < COUNT(invalid); i++)
        assert_false(anonid_text_is_utf8(invalid[i], strlen(invalid[i])));
    assert_true(anonid_text_is_utf8("a\0b", 3));
}

/* The end of the memory is the end of the text. */
static void nothing_is_read_behind_the_end(void **state)
{
    static const char sequence[] = "\xf0\x90\x80\x80";

    (void)state;
    for (size_t length = 1; length <= 4; length++) {
        char *text = malloc(length);
        size_t octets;

        memcpy(text, sequence, length);
        assert_int_equal(anonid_text_next(text, length, &octets),
                         length == 4 ? ANONID_TEXT_PLAIN : ANONID_TEXT_BROKEN);
        assert_int_equal(octets, length == 4 ? 4 : 1);
        free(text);
    }
}

/* Writes a character of the basic plane as UTF-8. */
static void encode(char text[4], unsigned character)
{
    size_t n = 0;

    if (character < 0x80) {
        text[n++] = (char)character;
    }
    else if (character < 0x800) {
        text[n++] = (char)(0xc0 | character >> 6);
    }
    else {
        text[n++] = (char)(0xe0 | character >> 12);
        text[n++] = (char)(0x80 | (character >> 6 & 0x3f));
    }
    if (character >= 0x80)
        text[n++] = (char)(0x80 | (character & 0x3f));
    text[n] = '\0';
}

static int is_between(unsigned character, unsigned first, unsigned last)
{
    return character >= first && character <= last;
}

static anonid_text_kind_t expected_kind(unsigned character)
{
    if (character < 0x20 || is_between(character, 0x7f, 0x9f)
        || is_between(character, 0x2028, 0x2029))
        return ANONID_TEXT_CONTROL;
    if (character == 0x061c || is_between(character, 0x200e, 0x200f)
        || is_between(character, 0x202a, 0x202e)
        || is_between(character, 0x2066, 0x2069))
        return ANONID_TEXT_DIRECTION;
    return ANONID_TEXT_PLAIN;
}

static void every_character_has_its_kind(void **state)
{
    (void)state;
    for (unsigned character = 1; character < 0x3000; character++) {
        char text[4];
        size_t octets;

        encode(text, character);
        assert_int_equal(anonid_text_next(text, strlen(text), &octets),
                         expected_kind(character));
        assert_int_equal(octets, strlen(text));
        assert_int_equal(anonid_text_is_plain(text),
                         expected_kind(character) == ANONID_TEXT_PLAIN);
    }
}

static const struct {
    const char *text;
    const char *shown;
} cases[] = {
    { "", "" },
    { "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
      "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80" },
    { "a\tb\r\nc\x1b[2Jd\x7f", "a b  c [2Jd " },
    { "a\xc2\x9b"
      "2Jb\xc2\x85"
      "c",
      "a 2Jb c" },
    { "a\xe2\x80\xa8"
      "b\xe2\x80\xa9"
      "c",
      "a b c" },
    { "exe.\xe2\x80\xaegpj\xe2\x80\xac", "exe.gpj" },
    { "\xe2\x81\xa6"
      "a\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e",
      "a" },
    { "\x80"
      "a\xe2\x80",
      "?a??" },
};

static void what_is_shown_is_one_harmless_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];

        strcpy(text, cases[i].text);
        anonid_text_clean(text);
        assert_string_equal(text, cases[i].shown);
    }
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
    static const char text[] = "ab\xc3\xbc"
                               "c";
    static const char *const shown[] = { "",
                                         "a",
                                         "ab",
                                         "ab",
                                         "ab\xc3\xbc",
                                         "ab\xc3\xbc"
                                         "c" };

    (void)state;
    for (size_t size = 1; size <= COUNT(shown); size++) {
        char *out = malloc(size);

        assert_int_equal(anonid_text_show(out, size, text, sizeof(text) - 1),
                         strlen(shown[size - 1]));
        assert_string_equal(out, shown[size - 1]);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(nothing_is_read_behind_the_end),
        cmocka_unit_test(every_character_has_its_kind),
        cmocka_unit_test(what_is_shown_is_one_harmless_line),
        cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
