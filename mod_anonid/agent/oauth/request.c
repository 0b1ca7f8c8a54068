/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for tokens; see request.h.
 */
#include "agent/oauth/request.h"
#include "agent/provider/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wipe(char **text, void (*release)(void *memory))
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    release(*text);
    *text = NULL;
}

static char *escape_secret(CURL *curl, const anonid_secret_t *secret)
{
    return curl_easy_escape(curl, anonid_secret_data(secret),
                            (int)anonid_secret_length(secret));
}

/* Adds "&name=value" of a value that is escaped already; 0 without memory.
 * NULL and "" add nothing. */
static int add(char **body, const char *name, const char *value)
{
    char *longer = NULL;

    if (!value || !*value)
        return 1;
    if (asprintf(&longer, "%s&%s=%s", *body, name, value) < 0)
        return 0;
    wipe(body, free);
    *body = longer;
    return 1;
}

static int add_escaped(char **body, CURL *curl, const char *name,
                       const char *value)
{
    char *escaped = value ? curl_easy_escape(curl, value, 0) : NULL;
    int added = !value || (escaped && add(body, name, escaped));

    curl_free(escaped);
    return added;
}

/* A client without a secret says who it is here. Scopes are what is wanted of
 * what the client has anyway. */
static int write_body(char **body, CURL *curl, const anonid_attempt_t *attempt)
{
    const anonid_account_t *account = attempt->account;
    int is_public = account->refresh && !attempt->client;
    char *token =
        account->refresh ? escape_secret(curl, attempt->secret) : NULL;
    int is_good;

    *body = strdup(account->refresh ? "grant_type=refresh_token"
                                    : "grant_type=client_credentials");
    is_good = *body && (token || !account->refresh)
              && add(body, "refresh_token", token)
              && add_escaped(body, curl, "client_id",
                             is_public ? account->principal : NULL)
              && add_escaped(body, curl, "scope",
                             anonid_account_option(account, "scope"));
    wipe(&token, curl_free);
    return is_good;
}

int anonid_oauth_request_make(anonid_oauth_request_t *request, CURL *curl,
                              const anonid_attempt_t *attempt)
{
    const anonid_secret_t *secret =
        attempt->account->refresh ? attempt->client : attempt->secret;

    if (!write_body(&request->body, curl, attempt))
        return 0;
    if (!secret)
        return 1;
    request->user = curl_easy_escape(curl, attempt->account->principal, 0);
    request->secret = escape_secret(curl, secret);
    return request->user && request->secret;
}

void anonid_oauth_request_wipe(anonid_oauth_request_t *request)
{
    wipe(&request->body, free);
    wipe(&request->user, curl_free);
    wipe(&request->secret, curl_free);
}
