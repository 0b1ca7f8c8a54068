/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers that other programs have made (doveadm pw, htpasswd, openssl
 * passwd, libxcrypt), and those of our own; malformed and costly ones.
 */
#include "unit.h"

#include "agent/secret/verifier.h"
#include "common/account.h"

#include <string.h>

#define LONG_PASSWORD                                                         \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                      \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static anonid_verifier_result_t check(const char *verifier,
                                      const char *password)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_PASSWORD, password, strlen(password));
    anonid_verifier_result_t verdict = anonid_verifier_check(verifier, secret);

    anonid_secret_drop(secret);
    return verdict;
}

static const struct {
    const char *password;
    const char *verifier;
} foreign[] = {
    { "pass word", "{SCRAM-SHA-256}4096,enGI0qAXGBDf+QNzooLVuQ==,"
                   "O0g2Sq38/t70OzvKtSYc3cI1PF+brcKclvm2U+h3W2s=,"
                   "9eqT0DJwjavT45hbP6TpzR4KpuVJ5vdsMAdRYw0RUkE=" },
    { "pass word",
      "{scram-sha-1}4096,+bd93VHVYy9vrGRfzRgOCA==,"
      "oaShUlIvGiiVdFPmFbhGgo34o34=,9kK8bDo4n1qMRQklxwDr5Yh7cNg=" },
    { "pass word", "{BLF-CRYPT}$2y$05$"
                   "espMcLAWBuEexlONWx1lReWjOlIC.BQpcRTHwgc02uKnKzJbAMr8K" },
    { "pass word",
      "{SHA512-CRYPT}$6$OhR6pQ05nTt2PXqT$K2Jclp0arOKOFMK/kVBPdjWEWZ/"
      ".4sSBAx0oLLmCYd03PWJ9yLpcRhkXiKFfZba3alVMAnasrp0qXV86fe.gw." },
    { "pass word", "{SHA256-CRYPT}$5$EXaIUKQupLmqI7cH$"
                   "TRyRjPs9RsrXU6Rom0HamN9XyEooqcVT975iD896s24" },
    { "pass word", "{MD5-CRYPT}$1$gPqnARwy$Dep68sWOiW48cOGN3ukej/" },
    { "pass word", "{CRYPT}$2y$05$"
                   "lzTws9KfkSd4KaCOGWSBTuBqiE7wW/oIZOh9cDjnhQCJjk/iL9H4O" },
    { "pass word", "$2b$04$"
                   "qMqNi0YVh59UxSetDb2r6ONAmi3KISb8H5U4CLSlBoJtxygrw5xjC" },
    { "pass word", "$y$j9T$1qFe5jRboxj7iJ2m7ssxH/$"
                   "ZlxsrSciEi.bPeBOz223GscqumFQMh6g5agPNuB/IlB" },
    { "pass word", "$gy$j9T$da7emOkLmvXOr03lPBrP81$"
                   "X8r9B3NB/fqRUgrMaX5Uw6gOfqqLEuvUTo9fywXFx86" },
    { "pass word", "$7$CU..../....m9gEzgbNtQ/fWls4gV233.$"
                   "0KYCTwOsAEuagAs6OA5hEMQMX2YSBNAPc9mQtA/BbZD" },
    { "pass word", "$apr1$96PVow/K$TwA34zexkNnVuZLagOgKu/" },
    { LONG_PASSWORD, "$apr1$saltsalt$t8Bg6KAOIAvN1C1bTuHzZ0" },
    { "\xc3\xa9", "$apr1$ab$8GqkBOh2ZlT4.m8vapza./" },
};

static void verifiers_of_other_programs_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(foreign); i++) {
        if (check(foreign[i].verifier, foreign[i].password)
            != ANONID_VERIFIER_FITS)
            fail_msg("%s", foreign[i].verifier);
        if (check(foreign[i].verifier, "pass worD") != ANONID_VERIFIER_DIFFERS)
            fail_msg("another password: %s", foreign[i].verifier);
    }
}

static const char *const schemes[] = { ANONID_SCHEME_SCRAM,
                                       ANONID_SCHEME_BCRYPT,
                                       ANONID_SCHEME_SHA512 };

static void what_is_made_fits_and_can_stand_in_a_file(void **state)
{
    anonid_secret_t *secret = anonid_secret_random();
    char verifier[ANONID_VERIFIER_ROOM], again[ANONID_VERIFIER_ROOM];

    (void)state;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        assert_null(anonid_verifier_make(verifier, schemes[i], secret));
        assert_int_equal(anonid_verifier_wellformed(verifier), 1);
        assert_int_equal(anonid_verifier_check(verifier, secret),
                         ANONID_VERIFIER_FITS);
        assert_int_equal(check(verifier, "x"), ANONID_VERIFIER_DIFFERS);
        assert_null(anonid_verifier_make(again, schemes[i], secret));
        assert_string_not_equal(verifier, again);
    }
    assert_non_null(anonid_verifier_make(verifier, "plain", secret));
    anonid_secret_drop(secret);
}

static const struct {
    anonid_verifier_result_t verdict;
    const char *verifier;
} odd[] = {
    { ANONID_VERIFIER_DISABLED, "!" },
    { ANONID_VERIFIER_DISABLED, "*LK*" },
    { ANONID_VERIFIER_DISABLED, "!$1$gPqnARwy$Dep68sWOiW48cOGN3ukej/" },
    { ANONID_VERIFIER_UNKNOWN, "" },
    { ANONID_VERIFIER_UNKNOWN, "pass word" },
    { ANONID_VERIFIER_UNKNOWN, "{PLAIN}pass word" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256}" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256}4096" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256}-1,AAAA,AAAA,AAAA" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256}4096,AAAA,AAAA,AAAA" },
    { ANONID_VERIFIER_UNKNOWN, "{SCRAM-SHA-256}4096,,," },
    { ANONID_VERIFIER_UNKNOWN,
      "{SCRAM-SHA-256}4096,====,"
      "O0g2Sq38/t70OzvKtSYc3cI1PF+brcKclvm2U+h3W2s=,"
      "9eqT0DJwjavT45hbP6TpzR4KpuVJ5vdsMAdRYw0RUkE=" },
    { ANONID_VERIFIER_UNKNOWN,
      "{SCRAM-SHA-256}4096,enGI0qAXGBDf+QNzooLVuQ==,"
      "O0g2Sq38/t70OzvKtSYc3cI1PF+brcKclvm2U+h3W2s=,"
      "9eqT0DJwjavT45hbP6TpzR4KpuVJ5vdsMAdRYw0RUkE=,x" },
    { ANONID_VERIFIER_COSTLY,
      "{SCRAM-SHA-256}99999999999999999999,enGI0qAXGBDf+QNzooLVuQ==,"
      "O0g2Sq38/t70OzvKtSYc3cI1PF+brcKclvm2U+h3W2s=,"
      "9eqT0DJwjavT45hbP6TpzR4KpuVJ5vdsMAdRYw0RUkE=" },
    { ANONID_VERIFIER_UNKNOWN, "$" },
    { ANONID_VERIFIER_UNKNOWN, "$1" },
    { ANONID_VERIFIER_UNKNOWN, "$9$x$y" },
    { ANONID_VERIFIER_UNKNOWN, "{CRYPT}ab1234567890." },
    { ANONID_VERIFIER_UNKNOWN, "$2y$05$short" },
    { ANONID_VERIFIER_COSTLY,
      "$2y$31$lzTws9KfkSd4KaCOGWSBTuBqiE7wW/oIZOh9cDjnhQCJjk/iL9H4O" },
    { ANONID_VERIFIER_COSTLY, "$6$rounds=999999999$salt$x" },
    { ANONID_VERIFIER_COSTLY, "$y$jzT$kLwNMv293D9SbRVf80MTu.$x" },
    { ANONID_VERIFIER_COSTLY, "$y$j" },
    { ANONID_VERIFIER_COSTLY, "$7$zU..../....x$x" },
    { ANONID_VERIFIER_UNKNOWN, "$apr1$" },
    { ANONID_VERIFIER_UNKNOWN, "$apr1$salt" },
    { ANONID_VERIFIER_UNKNOWN, "$apr1$salt$short" },
    { ANONID_VERIFIER_UNKNOWN, "$apr1$toolongasalt$TwA34zexkNnVuZLagOgKu/" },
};

static void odd_verifiers_never_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++) {
        anonid_verifier_result_t verdict = check(odd[i].verifier, "pass word");

        if (verdict != odd[i].verdict)
            fail_msg("%s: %d", odd[i].verifier, (int)verdict);
    }
}

static void a_verifier_is_known_again(void **state)
{
    static const unsigned char none[ANONID_DIGEST_OCTETS];
    unsigned char digest[ANONID_DIGEST_OCTETS];

    (void)state;
    anonid_verifier_digest(digest, "$6$salt$hash");
    assert_true(anonid_verifier_is("$6$salt$hash", digest));
    assert_false(anonid_verifier_is("$6$salt$hasi", digest));
    assert_false(anonid_verifier_is("", none));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifiers_of_other_programs_fit),
        cmocka_unit_test(what_is_made_fits_and_can_stand_in_a_file),
        cmocka_unit_test(odd_verifiers_never_fit),
        cmocka_unit_test(a_verifier_is_known_again),
    };

    return cmocka_run_group_tests_name("verifier", tests, unit_setup,
                                       unit_teardown);
}
