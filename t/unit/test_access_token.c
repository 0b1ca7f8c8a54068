/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is taken for an access token, and until when; and what a token
 * endpoint's errors mean.
 */
#include "unit.h"

#include <string.h>

#include "agent/oauth/answer.h"
#include "agent/oauth/token.h"

#define NOW apr_time_from_sec(1000000)

/* {"alg":"none"} . {"exp":1500000000} */
#define JWT "eyJhbGciOiJub25lIn0.eyJleHAiOjE1MDAwMDAwMDB9.c2ln"

typedef struct {
    const char *text;
    const char *token; /* NULL: it is none ... */
    const char *why;   /* ... and this is said */
    apr_time_t expires;
} case_t;

static const case_t cases[] = {
    { "opaque-Token_1.~+/==", "opaque-Token_1.~+/==", NULL, 0 },
    { JWT, JWT, NULL, apr_time_from_sec(1500000000) },
    /* A JWT in part, or one whose claims are something else. */
    { "a.b", "a.b", NULL, 0 },
    { "..", "..", NULL, 0 },
    { "a.W10.c", "a.W10.c", NULL, 0 },                         /* [] */
    { "a.eyJleHAiOi0xfQ.c", "a.eyJleHAiOi0xfQ.c", NULL, 0 },   /* -1 */
    { "a.eyJleHAiOiIxIn0.c", "a.eyJleHAiOiIxIn0.c", NULL, 0 }, /* "1" */
    { "a.eyJleHAiOjFlMzAwfQ.c", "a.eyJleHAiOjFlMzAwfQ.c", NULL, 0 },
    { "{\"access_token\":\"x\"}", "x", NULL, 0 },
    { "{\"access_token\":\"x\",\"expires_in\":60,\"token_type\":\"bearer\"}",
      "x", NULL, NOW + apr_time_from_sec(60) },
    { "{\"access_token\":\"x\",\"expires_in\":-60}", "x", NULL, 0 },
    { "", NULL, "is empty", 0 },
    { "two words", NULL, "no token", 0 },
    { "a\rb", NULL, "no token", 0 },
    { "a\001b", NULL, "no token", 0 },
    { "{", NULL, "neither a token nor JSON", 0 },
    { "{}", NULL, "no access_token", 0 },
    { "{\"access_token\":7}", NULL, "no access_token", 0 },
    { "{\"access_token\":\"\"}", NULL, "is empty", 0 },
    { "{\"access_token\":\"a\\r\\nb\"}", NULL, "no token", 0 },
    { "{\"access_token\":\"x\",\"token_type\":\"mac\"}", NULL, "Bearer", 0 },
};

static void check(const case_t *c)
{
    anonid_access_token_t token;
    json_t *json = NULL;
    const char *wrong =
        anonid_access_token_read(c->text, strlen(c->text), NOW, &token, &json);

    if (!c->token) {
        assert_non_null(wrong);
        assert_non_null(strstr(wrong, c->why));
    }
    else {
        assert_null(wrong);
        assert_int_equal(token.length, strlen(c->token));
        assert_memory_equal(token.octets, c->token, token.length);
        assert_int_equal(token.expires, c->expires);
    }
    json_decref(json);
}

static void tokens_are_told_from_what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i]);
}

static void long_tokens_are_refused(void **state)
{
    static char text[ANONID_ACCESS_TOKEN_MAX + 1];
    anonid_access_token_t token;
    json_t *json;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "a.", 2);
    text[sizeof(text) - 2] = '.';
    assert_null(
        anonid_access_token_read(text, sizeof(text) - 1, NOW, &token, &json));
    assert_non_null(
        anonid_access_token_read(text, sizeof(text), NOW, &token, &json));
}

/* An answer, to an account with a refresh token or without. */
static void answer(anonid_attempt_t *attempt, int has_refresh, long status,
                   const char *text)
{
    anonid_account_t *account = anonid_account_make(pool, "web");
    anonid_secret_t *secret = anonid_secret_make(
        has_refresh ? ANONID_SECRET_REFRESH : ANONID_SECRET_CLIENT, "sec ret",
        7);

    account->refresh = has_refresh ? "file:/refresh" : NULL;
    memset(attempt, 0, sizeof(*attempt));
    attempt->account = account;
    attempt->secret = secret;
    anonid_oauth_answer(attempt, status, text, strlen(text));
    anonid_credentials_drop(attempt->credentials);
    anonid_secret_drop(secret);
}

static void assert_failure(long status, const char *text, int code,
                           const char *detail)
{
    anonid_attempt_t attempt;

    answer(&attempt, 0, status, text);
    assert_int_equal(attempt.outcome.code, code);
    assert_string_equal(attempt.outcome.detail, detail);
    assert_null(attempt.credentials);
}

static void errors_have_their_codes(void **state)
{
    (void)state;
    assert_failure(401, "{\"error\":\"invalid_client\"}", ANONID_LOGON_FAILURE,
                   "HTTP 401, invalid_client");
    assert_failure(400, "{\"error\":\"unsupported_grant_type\"}",
                   ANONID_LOGON_TYPE_NOT_GRANTED,
                   "HTTP 400, unsupported_grant_type");
    /* An overloaded endpoint is no verdict on the client. */
    assert_failure(503, "{\"error\":\"invalid_client\"}",
                   ANONID_NO_LOGON_SERVERS, "HTTP 503, invalid_client");
    assert_failure(429, "", ANONID_NO_LOGON_SERVERS, "HTTP 429");
    assert_failure(302, "", ANONID_NO_LOGON_SERVERS, "HTTP 302");
    assert_failure(401, "[]", ANONID_LOGON_FAILURE, "HTTP 401");
    assert_failure(400, "{\"error\":7}", ANONID_ACCOUNT_RESTRICTION,
                   "HTTP 400");
}

static void the_secret_is_not_repeated(void **state)
{
    (void)state;
    assert_failure(400,
                   "{\"error\":\"a sec ret\",\"error_description\":\"its "
                   "sec%20ret is wrong\"}",
                   ANONID_ACCOUNT_RESTRICTION, "HTTP 400");
    assert_failure(400, "{\"error\":\"%73%65c r%65%74\"}",
                   ANONID_ACCOUNT_RESTRICTION, "HTTP 400");
    assert_failure(400, "{\"error\":\"sec%2\"}", ANONID_ACCOUNT_RESTRICTION,
                   "HTTP 400, sec%2");
}

#define GOOD "\"access_token\":\"x\",\"token_type\":\"Bearer\""

static void assert_rotated(int has_refresh, const char *text, int code,
                           const char *token)
{
    anonid_attempt_t attempt;

    answer(&attempt, has_refresh, 200, text);
    assert_int_equal(attempt.outcome.code, code);
    assert_int_equal(attempt.rotated != NULL, token != NULL);
    if (token)
        assert_string_equal(anonid_secret_data(attempt.rotated), token);
    anonid_secret_drop(attempt.rotated);
}

static void another_refresh_token_is_kept_whatever_else_is_said(void **state)
{
    (void)state;
    assert_rotated(1, "{" GOOD ",\"refresh_token\":\"n ~w\"}", ANONID_LOGON_OK,
                   "n ~w");
    assert_rotated(1, "{\"refresh_token\":\"new\"}", ANONID_NO_LOGON_SERVERS,
                   "new");
    assert_rotated(1, "{" GOOD "}", ANONID_LOGON_OK, NULL);
    assert_rotated(1, "{" GOOD ",\"refresh_token\":\"sec ret\"}",
                   ANONID_LOGON_OK, NULL);
    assert_rotated(1, "{" GOOD ",\"refresh_token\":\"two\\nlines\"}",
                   ANONID_LOGON_OK, NULL);
    assert_rotated(1, "{" GOOD ",\"refresh_token\":\"\"}", ANONID_LOGON_OK,
                   NULL);
    assert_rotated(0, "{" GOOD ",\"refresh_token\":\"new\"}", ANONID_LOGON_OK,
                   NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_told_from_what_is_none),
        cmocka_unit_test(long_tokens_are_refused),
        cmocka_unit_test(errors_have_their_codes),
        cmocka_unit_test(the_secret_is_not_repeated),
        cmocka_unit_test(another_refresh_token_is_kept_whatever_else_is_said),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
