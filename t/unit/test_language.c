/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a language by Accept-Language.
 */
#include "unit.h"

#include "module/text/language.h"

static const char *const tags[] = { "en", "de",         "pt-br",
                                    "pt", "zh-hant-tw", "zh-hant" };

static const struct {
    const char *accept;
    int chosen;
} cases[] = {
    { NULL, 0 },
    { "", 0 },
    { "de", 1 },
    { "DE", 1 },
    { "pt", 3 },
    { "pt-BR", 2 },
    { "pt-PT", 3 },
    { "pt-BR-x-old", 2 },
    { "zh", 4 },
    { "zh-Hant", 5 },
    { "zh-Hant-TW", 4 },
    { "zh-Hant-HK", 5 },
    { "zh-Hans", 0 },
    { "de-CH-1996", 1 },
    { "deu", 0 },
    { "d", 0 },
    { "*", 0 },
    { "fr, *;q=0.1", 0 },
    { "fr, de;q=0.1", 1 },
    { "en;q=0.1, de;q=0.2", 1 },
    { "en;q=0.2, de;q=0.2", 0 },
    { "de;q=0.2, en;q=0.2", 1 },
    { "en;q=0, *", 1 },
    { "de;q=0", 0 },
    { "de;q=0, de-AT", 0 },
    { "de;q=1.5, pt;q=0.9", 1 },
    { "de;q=, pt;q=0.1", 3 },
    { "de ; q=0.3 , pt ; q=0.4", 3 },
    { ",, ,de", 1 },
    { "-", 0 },
    { ";q=1", 0 },
    { "de-", 1 },
};

static void the_language_is_chosen_that_is_wanted_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int chosen =
            anonid_language_choose(cases[i].accept, tags, (int)COUNT(tags));

        if (chosen != cases[i].chosen)
            fail_msg("'%s': %d, not %d", cases[i].accept, chosen,
                     cases[i].chosen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language_is_chosen_that_is_wanted_most),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
