/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text: commas, escapes, and octets that are no UTF-8.
 */
#include "unit.h"

#include "agent/request/json_text.h"

static void assert_string_becomes(const char *value, const char *expected)
{
    anonid_json_text_t json = ANONID_JSON_TEXT_INIT;

    anonid_json_string(&json, NULL, value);
    assert_string_equal(json.text, expected);
    anonid_json_free(&json);
}

static void commas_come_by_themselves(void **state)
{
    anonid_json_text_t json = ANONID_JSON_TEXT_INIT;

    (void)state;
    anonid_json_open(&json, NULL, '{');
    anonid_json_number(&json, "a", -5);
    anonid_json_open(&json, "b", '[');
    anonid_json_open(&json, NULL, '{');
    anonid_json_close(&json, '}');
    anonid_json_string(&json, NULL, NULL);
    anonid_json_close(&json, ']');
    anonid_json_bool(&json, "c", 1);
    anonid_json_close(&json, '}');
    assert_string_equal(json.text, "{\"a\":-5,\"b\":[{},null],\"c\":true}");
    anonid_json_free(&json);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_string_becomes("EXAMPLE\\\"x\"", "\"EXAMPLE\\\\\\\"x\\\"\"");
    assert_string_becomes("a\nb\x7f", "\"a\\u000ab\\u007f\"");
    assert_string_becomes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

/* Overlong, cut off, surrogate, over U+10FFFF, a lone continuation. */
static void what_is_no_utf8_is_replaced(void **state)
{
    static const char *const bad[] = { "\xc0\x80",         "\xe2\x82",
                                       "\xed\xa0\x80",     "\xf4\x90\x80\x80",
                                       "\xf0\x80\x80\x80", "\x80" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        anonid_json_text_t json = ANONID_JSON_TEXT_INIT;

        anonid_json_string(&json, NULL, bad[i]);
        assert_memory_equal(json.text, "\"\xef\xbf\xbd", 4);
        anonid_json_free(&json);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_come_by_themselves),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
    };

    return cmocka_run_group_tests_name("json_text", tests, unit_setup,
                                       unit_teardown);
}
