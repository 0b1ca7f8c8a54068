/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Languages: those that are built in are whole and say what English says, and
 * a value goes where a text wants it.
 */
#include "unit.h"

#include <string.h>

#include "module/text/catalog.h"
#include "module/text/embedded.h"

static void every_built_in_language_is_whole(void **state)
{
    static const char *const wanted[] = { "en", "de", "es", "fr", "ja" };
    apr_array_header_t *catalogs = anonid_catalog_builtin(pool);

    (void)state;
    assert_int_equal(catalogs->nelts, COUNT(wanted));
    for (int i = 0; i < catalogs->nelts; i++) {
        anonid_catalog_t *catalog =
            APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *);

        assert_string_equal(catalog->tag, wanted[i]);
        assert_null(anonid_catalog_missing(catalog));
    }
}

static void every_built_in_file_has_no_fault(void **state)
{
    (void)state;
    for (const anonid_embedded_t *file = anonid_embedded; file->name; file++) {
        anonid_catalog_t *catalog = anonid_catalog_make(pool, "xx", NULL);
        int line;

        if (!strstr(file->name, ".conf"))
            continue;
        assert_null(anonid_catalog_read(pool, catalog, file->text,
                                        strlen(file->text), &line));
        assert_null(anonid_catalog_missing(catalog));
    }
}

static void no_language_says_an_english_sentence(void **state)
{
    apr_array_header_t *catalogs = anonid_catalog_builtin(pool);
    anonid_catalog_t *english = APR_ARRAY_IDX(catalogs, 0, anonid_catalog_t *);

    (void)state;
    for (int i = 1; i < catalogs->nelts; i++)
        for (int n = ANONID_PHRASE_CORRECT; n < ANONID_PHRASES; n++)
            assert_string_not_equal(
                APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *)->texts[n],
                english->texts[n]);
}

static void a_value_goes_where_the_text_wants_it(void **state)
{
    anonid_catalog_t *catalog = anonid_catalog_english(pool);

    (void)state;
    assert_string_equal(anonid_catalog_fill(pool, catalog,
                                            ANONID_PHRASE_TITLE_ERROR,
                                            "{value}%s"),
                        "Error: {value}%s");
    assert_string_equal(
        anonid_catalog_fill(pool, catalog, ANONID_PHRASE_SEND, "x"), "Send");
    assert_string_equal(
        anonid_catalog_fill(pool, catalog, ANONID_PHRASE_MEGABYTES, NULL),
        " MB");
}

static void a_language_keeps_what_a_file_does_not_say(void **state)
{
    static const char file[] = "send = Los\nfield.a b = C\n";
    anonid_catalog_t *base = anonid_catalog_english(pool);
    anonid_catalog_t *catalog = anonid_catalog_make(pool, "en", base);
    int line;

    (void)state;
    assert_null(
        anonid_catalog_read(pool, catalog, file, sizeof(file) - 1, &line));
    assert_string_equal(catalog->texts[ANONID_PHRASE_SEND], "Los");
    assert_string_equal(catalog->texts[ANONID_PHRASE_TO], "To");
    assert_string_equal(base->texts[ANONID_PHRASE_SEND], "Send");
    assert_string_equal(anonid_catalog_label(pool, catalog, "field", "a b"),
                        "C");
    assert_null(anonid_catalog_label(pool, catalog, "recipient", "a b"));
    assert_null(anonid_catalog_label(pool, base, "field", "a b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_language_is_whole),
        cmocka_unit_test(every_built_in_file_has_no_fault),
        cmocka_unit_test(no_language_says_an_english_sentence),
        cmocka_unit_test(a_value_goes_where_the_text_wants_it),
        cmocka_unit_test(a_language_keeps_what_a_file_does_not_say),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
