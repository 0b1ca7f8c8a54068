/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of accounts that are clients of a token endpoint (AnonIDLogon
 * oauth2): the client credentials grant (RFC 6749 section 4.4), by libcurl.
 * Owns the exchange; tokens are token.h's, errors failure.h's.
 */
#include "agent/oauth/failure.h"
#include "agent/oauth/token.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT 5L
#define TIMEOUT 10L /* of all; the queue of the endpoint waits for it */
#define ANSWER_MAX 65536

/* Where an answer says no more, RFC 6749 section 5.1 leaves it to us. */
#define USUAL_LIFE apr_time_from_sec(3600)

typedef struct {
    CURL *curl;
    struct curl_slist *headers;
    char *body;
    char answer[ANSWER_MAX + 1];
    size_t length;
    char error[CURL_ERROR_SIZE];
} exchange_t;

static size_t take_answer(char *data, size_t size, size_t n, void *context)
{
    exchange_t *x = context;
    size_t octets = size * n;

    if (octets > ANSWER_MAX - x->length)
        return 0;
    memcpy(x->answer + x->length, data, octets);
    x->length += octets;
    return octets;
}

/* The scopes, with blanks between; "" for what the client has anyway. */
static const char *scope_of(const anonid_account_t *account)
{
    static const char prefix[] = "scope=";

    for (int i = 0; i < account->options->nelts; i++) {
        const char *option = APR_ARRAY_IDX(account->options, i, const char *);

        if (strncmp(option, prefix, sizeof(prefix) - 1) == 0)
            return option + sizeof(prefix) - 1;
    }
    return "";
}

static int write_body(exchange_t *x, const anonid_account_t *account)
{
    const char *scope = scope_of(account);
    char *escaped = curl_easy_escape(x->curl, scope, 0);
    int n = -1;

    if (escaped)
        n = asprintf(&x->body, "grant_type=client_credentials%s%s",
                     *scope ? "&scope=" : "", escaped);
    if (n < 0)
        x->body = NULL;
    curl_free(escaped);
    return x->body != NULL;
}

static void wipe_and_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    curl_free(text);
}

/* Both are form-encoded before they become HTTP's user and password (section
 * 2.3.1). */
static int set_client(exchange_t *x, const anonid_attempt_t *attempt)
{
    char *id = curl_easy_escape(x->curl, attempt->account->principal, 0);
    char *secret =
        curl_easy_escape(x->curl, anonid_secret_data(attempt->secret),
                         (int)anonid_secret_length(attempt->secret));
    int set =
        id && secret
        && curl_easy_setopt(x->curl, CURLOPT_USERNAME, id) == CURLE_OK
        && curl_easy_setopt(x->curl, CURLOPT_PASSWORD, secret) == CURLE_OK;

    wipe_and_free(id);
    wipe_and_free(secret);
    return set;
}

static int set_up(exchange_t *x, const anonid_attempt_t *attempt)
{
    CURL *curl = x->curl = curl_easy_init();

    if (!curl || !write_body(x, attempt->account) || !set_client(x, attempt))
        return 0;
    x->headers = curl_slist_append(NULL, "Accept: application/json");
    /* Plain HTTP is for this machine only, which the configuration's check
     * has seen to; where a redirection leads to nobody has. */
    return x->headers
           && curl_easy_setopt(
                  curl, CURLOPT_URL,
                  APR_ARRAY_IDX(attempt->account->urls, 0, const char *))
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http")
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_NETRC, CURL_NETRC_IGNORED)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, x->headers)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEDATA, x) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT) == CURLE_OK;
}

static void take_token(anonid_attempt_t *attempt, const json_t *answer)
{
    anonid_outcome_t *outcome = &attempt->outcome;
    apr_time_t now = apr_time_now();
    anonid_access_token_t token;
    const char *wrong = anonid_access_token_answer(answer, now, &token);

    if (wrong) {
        anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS, "%s", wrong);
        return;
    }
    attempt->credentials =
        anonid_access_token_keep(&anonid_provider_oauth2, &token);
    if (!attempt->credentials) {
        anonid_outcome_set(outcome, ANONID_ACCESS_DENIED,
                           "there is no memory for the token");
        return;
    }
    anonid_outcome_set(outcome, ANONID_LOGON_OK, "%s", "");
    outcome->expires = token.expires ? token.expires : now + USUAL_LIFE;
}

static void take_result(exchange_t *x, anonid_attempt_t *attempt)
{
    json_t *answer = json_loadb(x->answer, x->length, 0, NULL);
    long status = 0;

    (void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200 && answer)
        take_token(attempt, answer);
    else
        anonid_oauth_failure(&attempt->outcome, status, answer,
                             anonid_secret_data(attempt->secret));
    json_decref(answer);
}

static void end(exchange_t *x)
{
    if (x->curl)
        curl_easy_cleanup(x->curl);
    curl_slist_free_all(x->headers);
    free(x->body);
    explicit_bzero(x, sizeof(*x));
    free(x);
}

static void logon(anonid_attempt_t *attempt)
{
    exchange_t *x = attempt->secret ? calloc(1, sizeof(*x)) : NULL;
    CURLcode code;

    anonid_outcome_set(&attempt->outcome,
                       attempt->secret ? ANONID_ACCESS_DENIED
                                       : ANONID_LOGON_FAILURE,
                       attempt->secret ? "there is no memory for the attempt"
                                       : "the account has no secret");
    if (!x)
        return;
    if (set_up(x, attempt)) {
        code = curl_easy_perform(x->curl);
        if (code == CURLE_OK)
            take_result(x, attempt);
        else
            anonid_outcome_set(
                &attempt->outcome, ANONID_NO_LOGON_SERVERS, "%s",
                x->error[0] ? x->error : curl_easy_strerror(code));
    }
    end(x);
}

const anonid_provider_ops_t anonid_provider_oauth2 = {
    "oauth2", ANONID_PROVIDER_OAUTH2, logon, anonid_access_token_release
};
