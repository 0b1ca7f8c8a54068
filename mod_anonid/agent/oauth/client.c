/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of accounts that are clients of a token endpoint (AnonIDLogon
 * oauth2), by libcurl. Owns the exchange; what is asked is request.h's, what
 * is answered answer.h's.
 */
#include "agent/oauth/answer.h"
#include "agent/oauth/request.h"
#include "agent/oauth/token.h"
#include "agent/provider/option.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT 5L
#define TIMEOUT 10L /* of all; the queue of the endpoint waits for it */

typedef struct {
    CURL *curl;
    struct curl_slist *headers;
    anonid_oauth_request_t request;
    char answer[ANONID_OAUTH_ANSWER_MAX + 1];
    size_t length;
    int in_the_clear; /* and not to this machine */
    char error[CURL_ERROR_SIZE];
} exchange_t;

static size_t take_answer(char *data, size_t size, size_t n, void *context)
{
    exchange_t *x = context;
    size_t octets = size * n;

    if (octets > ANONID_OAUTH_ANSWER_MAX - x->length)
        return 0;
    memcpy(x->answer + x->length, data, octets);
    x->length += octets;
    return octets;
}

static int is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0
           || strncmp(address, "::ffff:127.", 11) == 0;
}

/* Is asked when there is a connection, before a word is sent: a name that the
 * configuration took for this machine's may lead anywhere. */
static int check_peer(void *context, char *peer, char *local, int peer_port,
                      int local_port)
{
    exchange_t *x = context;
    const char *scheme = NULL;

    (void)local;
    (void)peer_port;
    (void)local_port;
    (void)curl_easy_getinfo(x->curl, CURLINFO_SCHEME, &scheme);
    x->in_the_clear = (!scheme || strcasecmp(scheme, "https") != 0)
                      && !(peer && is_loopback(peer));
    return x->in_the_clear ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

#define SET(option, value)                                                    \
    (curl_easy_setopt(x->curl, CURLOPT_##option, (value)) == CURLE_OK)

static int set_client(exchange_t *x, const anonid_attempt_t *attempt)
{
    if (!anonid_oauth_request_make(&x->request, x->curl, attempt))
        return 0;
    return SET(POSTFIELDS, x->request.body)
           && (!x->request.user
               || (SET(HTTPAUTH, CURLAUTH_BASIC)
                   && SET(USERNAME, x->request.user)
                   && SET(PASSWORD, x->request.secret)));
}

/* The account's own authorities take the place of the system's. */
static int set_trust(exchange_t *x, const anonid_account_t *account)
{
    const char *ca = anonid_account_option(account, "ca");

    return SET(SSLVERSION, CURL_SSLVERSION_TLSv1_2) && SET(SSL_VERIFYPEER, 1L)
           && SET(SSL_VERIFYHOST, 2L)
           && (!ca || (SET(CAINFO, ca) && SET(CAPATH, NULL)));
}

/* Plain HTTP is for this machine only; where a redirection or a proxy leads to
 * nobody has checked. */
static int set_way(exchange_t *x, const char *url)
{
    return SET(URL, url) && SET(PROTOCOLS_STR, "https,http")
           && SET(FOLLOWLOCATION, 0L) && SET(PROXY, "")
           && SET(NETRC, CURL_NETRC_IGNORED) && SET(PREREQFUNCTION, check_peer)
           && SET(PREREQDATA, x) && SET(NOSIGNAL, 1L)
           && SET(CONNECTTIMEOUT, CONNECT_TIMEOUT) && SET(TIMEOUT, TIMEOUT);
}

static int set_up(exchange_t *x, const anonid_attempt_t *attempt)
{
    const anonid_account_t *account = attempt->account;

    x->curl = curl_easy_init();
    x->headers = curl_slist_append(NULL, "Accept: application/json");
    return x->curl && x->headers && set_client(x, attempt)
           && set_trust(x, account)
           && set_way(x, APR_ARRAY_IDX(account->urls, 0, const char *))
           && SET(HTTPHEADER, x->headers) && SET(WRITEFUNCTION, take_answer)
           && SET(WRITEDATA, x) && SET(ERRORBUFFER, x->error);
}

static void end(exchange_t *x)
{
    if (x->curl)
        curl_easy_cleanup(x->curl);
    curl_slist_free_all(x->headers);
    anonid_oauth_request_wipe(&x->request);
    explicit_bzero(x, sizeof(*x));
    free(x);
}

static void explain(const exchange_t *x, CURLcode code,
                    anonid_outcome_t *outcome)
{
    if (x->in_the_clear)
        anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS,
                           "http: leads to another machine, and would show "
                           "it the secret in the clear; write https:");
    else if (code == CURLE_WRITE_ERROR)
        anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS,
                           "the answer is longer than 65536 octets");
    else
        anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS, "%s",
                           x->error[0] ? x->error : curl_easy_strerror(code));
}

static void exchange(exchange_t *x, anonid_attempt_t *attempt)
{
    CURLcode code = curl_easy_perform(x->curl);
    long status = 0;

    if (code != CURLE_OK) {
        explain(x, code, &attempt->outcome);
        return;
    }
    (void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    anonid_oauth_answer(attempt, status, x->answer, x->length);
}

/* What there is nothing to be asked with. */
static const char *secret_error(const anonid_attempt_t *attempt)
{
    if (!attempt->secret)
        return "the account has no secret";
    if (!attempt->account->refresh)
        return NULL;
    return anonid_refresh_token_error(anonid_secret_data(attempt->secret),
                                      anonid_secret_length(attempt->secret));
}

static void logon(anonid_attempt_t *attempt)
{
    const char *wrong = secret_error(attempt);
    exchange_t *x = wrong ? NULL : calloc(1, sizeof(*x));

    if (wrong)
        anonid_outcome_set(&attempt->outcome, ANONID_LOGON_FAILURE, "%s",
                           wrong);
    else
        anonid_outcome_set(&attempt->outcome, ANONID_ACCESS_DENIED,
                           "there is no memory for the attempt");
    if (!x)
        return;
    if (set_up(x, attempt))
        exchange(x, attempt);
    end(x);
}

const anonid_provider_ops_t anonid_provider_oauth2 = {
    "oauth2", ANONID_PROVIDER_OAUTH2, logon, anonid_access_token_release
};
