/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in the words of servers, in each form that they were sent in.
 */
#include "unit.h"

#include "agent/secret/shown.h"

#include <string.h>

static int is_shown(const char *secret, const char *text)
{
    anonid_secret_t *made =
        anonid_secret_make(ANONID_SECRET_PASSWORD, secret, strlen(secret));
    int shown = anonid_secret_is_shown(made, text);

    anonid_secret_drop(made);
    return shown;
}

#define LONG "correct horse battery staple"

static void each_form_is_found(void **state)
{
    static const struct {
        const char *secret, *text;
        int shown;
    } rows[] = {
        { "pass", "535 wrong password", 1 },
        { "secret", "535 no", 0 },
        { LONG, "535 " LONG " is wrong", 1 },
        { LONG, "535 correct horse, cut", 1 },
        { LONG, "535 ... ttery staple", 1 },
        { LONG, "535 correct hors", 1 },
        { LONG, "535 correctly right", 0 },
        { LONG, "the client correct%20horse%20battery", 1 },
        { LONG, "%63%6f%72%72%65%63%74%20%68", 1 },
        { "%41", "%41", 1 },
        { "x", "", 0 },
        { "x", "%", 0 },
        /* "\0u\0correct horse battery staple" */
        { LONG,
          "500 AUTH PLAIN AHUAY29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==", 1 },
        { LONG, "500 \"PLAIN=AHUAY29ycmVjdCBob3JzZSBi\" what?", 1 },
        { LONG, "500 Y29ycmVjd b3JzZSBiYXR0ZXJ5 IHN0", 1 },
        { LONG, "500 AHUAd3Jvbmc=", 0 },
        { "pa?s>wd~", "500 cGE_cz53ZH4", 1 }, /* base64url */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_shown(rows[i].secret, rows[i].text) != rows[i].shown)
            fail_msg("%s", rows[i].text);
    }
}

static void nobody_has_no_secret(void **state)
{
    (void)state;
    assert_false(anonid_secret_is_shown(NULL, "anything"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_found),
        cmocka_unit_test(nobody_has_no_secret),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
