/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header values with parameters, percent-encoding, base64 and Accept.
 */
#include "unit.h"

#include <string.h>

#include "module/text/accept.h"
#include "module/text/base64.h"
#include "module/text/params.h"
#include "module/text/percent.h"

static const struct {
    const char *text;
    const char *value;
    const char *name;
    const char *param; /* its value */
} good[] = {
    { "text/plain", "text/plain", "charset", NULL },
    { " Text/PLAIN ; Charset=UTF-8", "text/plain", "charset", "UTF-8" },
    { "multipart/form-data; boundary=\"a b:c\"", "multipart/form-data",
      "boundary", "a b:c" },
    { "form-data; name=\"a\\\"b\\\\c\\d\"", "form-data", "name",
      "a\"b\\c\\d" },
    { "form-data;\r\n\tname=x", "form-data", "name", "x" },
    { "form-data; filename=\"%22;x=y\"; name=x", "form-data", "name", "x" },
    { "text/plain;", "text/plain", "charset", NULL },
    { "text/plain; charset=\"\"", "text/plain", "charset", "" },
};

static const char *const bad[] = {
    "",
    ";",
    "text/",
    "/plain",
    "text/plain charset=utf-8",
    "text/plain; charset",
    "text/plain; charset=",
    "text/plain; charset=\"utf-8",
    "text/plain; charset=a; charset=b",
    "text/plain; Charset=a; cHarset=a",
    "text/plain; =a",
    "text/pl\xc3\xa4in",
    "text/plain, text/html",
};

static void good_values_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const anonid_params_t *params =
            anonid_params_parse(pool, good[i].text, strlen(good[i].text));
        const char *param;

        assert_non_null(params);
        assert_string_equal(params->value, good[i].value);
        param = anonid_params_get(params, good[i].name);
        if (good[i].param)
            assert_string_equal(param, good[i].param);
        else
            assert_null(param);
    }
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(anonid_params_parse(pool, bad[i], strlen(bad[i])));
    assert_null(anonid_params_parse(pool, "text/plain; a=\"\0\"", 18));
}

static const char *extended(const char *text, int *is_bad)
{
    const anonid_params_t *params =
        anonid_params_parse(pool, text, strlen(text));

    *is_bad = 0;
    return anonid_params_get_extended(pool, params, "filename", is_bad);
}

static void extended_parameters_are_decoded(void **state)
{
    int is_bad;

    (void)state;
    assert_string_equal(
        extended("a; filename*=UTF-8'en'%e2%82%ac.txt", &is_bad),
        "\xe2\x82\xac.txt");
    assert_string_equal(extended("a; filename=b; filename*=x", &is_bad), "b");
    assert_null(extended("a; name=b", &is_bad));
    assert_int_equal(is_bad, 0);
    assert_null(extended("a; filename*=iso-8859-1''%e4", &is_bad));
    assert_int_equal(is_bad, 1);
    assert_null(extended("a; filename*=utf-8''a%00b", &is_bad));
    assert_int_equal(is_bad, 1);
    assert_null(extended("a; filename*=utf-8''a%0", &is_bad));
    assert_int_equal(is_bad, 1);
    assert_null(extended("a; filename*=utf-8", &is_bad));
    assert_int_equal(is_bad, 1);
}

static void percent_is_decoded_strictly(void **state)
{
    apr_size_t length;

    (void)state;
    assert_string_equal(
        anonid_percent_decode(pool, "a%2Bb+c%2f", 10, 1, &length), "a+b c/");
    assert_int_equal(length, 6);
    assert_string_equal(anonid_percent_decode(pool, "a+b", 3, 0, &length),
                        "a+b");
    assert_memory_equal(anonid_percent_decode(pool, "%00x", 4, 0, &length),
                        "\0x", 2);
    assert_null(anonid_percent_decode(pool, "%", 1, 0, &length));
    assert_null(anonid_percent_decode(pool, "%4", 2, 0, &length));
    assert_null(anonid_percent_decode(pool, "%41", 2, 0, &length));
    assert_null(anonid_percent_decode(pool, "%4g", 3, 0, &length));
}

static const struct {
    const char *text;
    const char *decoded; /* NULL: refused */
} base64[] = {
    { "", "" },
    { "YQ==", "a" },
    { "YWI=", "ab" },
    { "YWJj", "abc" },
    { "YWJj\r\nZGVm\n", "abcdef" },
    { "YWJjZA", NULL },
    { "YQ=", NULL },
    { "YQ==YWJj", NULL },
    { "YQ=a", NULL },
    { "====", NULL },
    { "YW-_", NULL },
    { "YWJ ", NULL },
    { "Y\nWJj", NULL },
};

static void base64_is_decoded_strictly(void **state)
{
    apr_size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(base64); i++) {
        const char *decoded = anonid_base64_decode(
            pool, base64[i].text, strlen(base64[i].text), &length);

        if (!base64[i].decoded) {
            assert_null(decoded);
            continue;
        }
        assert_int_equal(length, strlen(base64[i].decoded));
        assert_memory_equal(decoded, base64[i].decoded, length);
    }
}

static const struct {
    const char *accept;
    int html;
} accepts[] = {
    { NULL, 0 },
    { "", 0 },
    { "*/*", 0 },
    { "text/html", 1 },
    { "TEXT/HTML", 1 },
    { "application/json", 0 },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 1 },
    { "text/html;q=0.8, application/json;q=0.9", 0 },
    { "text/html;q=0.9, application/json;q=0.8", 1 },
    { "text/html; level=1; q=0.9 ,application/json;q=0.899", 1 },
    { "text/html, */*", 1 },
    { "text/*, */*", 1 },
    { "text/html;q=0, */*", 0 },
    { "text/html;q=0", 0 },
    { "text/html, application/json", 0 },
    { "text/html, application/problem+json", 0 },
    { "application/*, text/html;q=0.1", 0 },
    { "text/plain", 0 },
    { "text/html;q=x, application/json;q=0.001", 0 },
    { ",,, text/html", 1 },
};

static void accept_is_weighed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepts); i++)
        assert_int_equal(anonid_accept_prefers_html(accepts[i].accept),
                         accepts[i].html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_values_are_taken),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(extended_parameters_are_decoded),
        cmocka_unit_test(percent_is_decoded_strictly),
        cmocka_unit_test(base64_is_decoded_strictly),
        cmocka_unit_test(accept_is_weighed),
    };

    return cmocka_run_group_tests_name("submit_params", tests, unit_setup,
                                       unit_teardown);
}
