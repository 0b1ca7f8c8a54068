/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is taken for an access token, and until when; and what a token
 * endpoint's errors mean.
 */
#include "unit.h"

#include <string.h>

#include "agent/oauth/failure.h"
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

static void assert_failure(long status, const char *text, int code,
                           const char *detail)
{
    json_t *json = json_loads(text, 0, NULL);
    anonid_outcome_t outcome;

    anonid_oauth_failure(&outcome, status, json, "secret");
    assert_int_equal(outcome.code, code);
    assert_string_equal(outcome.detail, detail);
    json_decref(json);
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
                   "{\"error\":\"a secret\",\"error_description\":\"its "
                   "secret is wrong\"}",
                   ANONID_ACCOUNT_RESTRICTION, "HTTP 400");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_told_from_what_is_none),
        cmocka_unit_test(long_tokens_are_refused),
        cmocka_unit_test(errors_have_their_codes),
        cmocka_unit_test(the_secret_is_not_repeated),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
