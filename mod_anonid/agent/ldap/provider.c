/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of directory accounts: a simple bind at the first server that
 * answers. Owns the order of servers and who is bound as; connections are
 * session.h's, results failure.h's.
 *
 * Only a server that could not be reached, secured or woken up sends us on to
 * the next one: a refused password is refused by all of them, and asking each
 * would count as often.
 */
#include "agent/provider/option.h"
#include "agent/base/deadline.h"
#include "agent/ldap/expiry.h"
#include "agent/ldap/search.h"
#include "agent/ldap/session.h"
#include "agent/ldap/shun.h"
#include "agent/provider/provider.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A server that fails after that time hangs. */
#define HANGS_SECONDS 4

/* How long a bind is good for when lifetime= is not given. */
#define LIFETIME_SECONDS 3600

/* What a logon leaves: whom it bound as, for accounts that this one searches
 * for. They bind as it one after the other, so that it is refused once and not
 * by all who try at the same time. */
typedef struct {
    anonid_credentials_t base;
    pthread_mutex_t lock;
    int refused; /* behind the lock: nobody binds as it any more */
    char dn[];
} bound_t;

static anonid_credentials_t *make_bound(const char *dn)
{
    size_t size = strlen(dn) + 1;
    bound_t *bound = malloc(sizeof(*bound) + size);

    if (!bound)
        return NULL;
    bound->base.provider = &anonid_provider_ldap;
    atomic_init(&bound->base.holders, 1);
    pthread_mutex_init(&bound->lock, NULL);
    bound->refused = 0;
    memcpy(bound->dn, dn, size);
    return &bound->base;
}

static void release(anonid_credentials_t *credentials)
{
    bound_t *bound = (bound_t *)credentials;

    pthread_mutex_destroy(&bound->lock);
    free(bound);
}

/* ---- searching ---- */

static void refuse_search(anonid_attempt_t *attempt, const char *why,
                          const char *detail)
{
    anonid_outcome_set(&attempt->outcome, ANONID_ACCESS_DENIED,
                       "the account '%s', which searches, %s%s",
                       attempt->helper.account, why, detail);
}

/* Binds as the account that searches, behind its lock. The first refusal is
 * what its own logon is told of. */
static void bind_as_helper(anonid_ldap_t *ldap, anonid_attempt_t *attempt,
                           bound_t *bound)
{
    const anonid_secret_t *secret = attempt->helper.secret;
    anonid_outcome_t *outcome = &attempt->helper.outcome;
    anonid_ldap_reply_t reply;

    if (bound->refused) {
        refuse_search(attempt, "is not logged on", "");
        return;
    }
    anonid_ldap_bind(ldap, bound->dn, anonid_secret_data(secret),
                     anonid_secret_length(secret), &reply);
    anonid_ldap_failure(outcome, reply.result, reply.ppolicy, reply.text);
    attempt->outcome = *outcome;
    if (outcome->code == ANONID_LOGON_OK)
        return;
    if (outcome->code == ANONID_NO_LOGON_SERVERS) {
        outcome->code = ANONID_LOGON_OK; /* nothing is known of it */
        return;
    }
    bound->refused = 1;
    refuse_search(attempt, "is refused: ", outcome->detail);
}

/* Binds as whom the search is made: another account, or nobody. 1, or 0 with
 * the outcome. */
static int bind_for_search(anonid_ldap_t *ldap, anonid_attempt_t *attempt)
{
    anonid_helper_t *helper = &attempt->helper;
    bound_t *bound = (bound_t *)helper->credentials;

    if (!helper->account)
        return 1;
    if (!helper->secret || !bound) {
        refuse_search(attempt, "is not logged on", "");
        return 0;
    }
    pthread_mutex_lock(&bound->lock);
    bind_as_helper(ldap, attempt, bound);
    pthread_mutex_unlock(&bound->lock);
    return attempt->outcome.code == ANONID_LOGON_OK;
}

/* The DN that the search finds; NULL with the outcome. */
static char *find_dn(anonid_ldap_t *ldap, anonid_attempt_t *attempt)
{
    const anonid_account_t *account = attempt->account;
    anonid_ldap_search_t search;
    anonid_ldap_reply_t reply;
    char *dn = NULL;

    if (!anonid_ldap_search_parse(&search, account->principal,
                                  account->user)) {
        anonid_outcome_set(&attempt->outcome, ANONID_LOGON_FAILURE,
                           "the search is not an LDAP URL");
    }
    else if (bind_for_search(ldap, attempt)) {
        dn = anonid_ldap_search_one(
            ldap, search.url->lud_dn ? search.url->lud_dn : "",
            search.url->lud_scope, search.filter, NULL, &reply);
        if (!dn)
            anonid_ldap_failure(&attempt->outcome, reply.result, reply.ppolicy,
                                reply.text);
    }
    anonid_ldap_search_free(&search);
    return dn;
}

/* ---- logging on ---- */

static void bind_as(anonid_ldap_t *ldap, const char *dn,
                    anonid_attempt_t *attempt)
{
    anonid_ldap_reply_t reply;

    anonid_ldap_bind(ldap, dn, anonid_secret_data(attempt->secret),
                     anonid_secret_length(attempt->secret), &reply);
    anonid_ldap_failure(&attempt->outcome, reply.result, reply.ppolicy,
                        reply.text);
    if (attempt->outcome.code != ANONID_LOGON_OK)
        return;
    attempt->credentials = make_bound(dn);
    attempt->secret_expires =
        reply.expires < 0 ? anonid_ldap_password_end(ldap, dn)
                          : apr_time_now() + apr_time_from_sec(reply.expires);
}

/* One server, which answers. */
static void prove(anonid_ldap_t *ldap, anonid_attempt_t *attempt)
{
    const char *principal = attempt->account->principal;
    char *dn;

    if (!anonid_ldap_is_search(principal)) {
        bind_as(ldap, principal, attempt);
        return;
    }
    dn = find_dn(ldap, attempt);
    if (dn)
        bind_as(ldap, dn, attempt);
    ldap_memfree(dn);
}

static void try_server(anonid_attempt_t *attempt, const char *url)
{
    const anonid_account_t *account = attempt->account;
    anonid_ldap_server_t server = { url, anonid_account_option(account, "ca"),
                                    anonid_account_option(account, "name"),
                                    0 };
    anonid_ldap_reply_t reply;
    anonid_ldap_t *ldap;

    server.starttls = server.ca_file || server.tls_name;
    ldap = anonid_ldap_open(&server, &reply);
    if (ldap)
        prove(ldap, attempt);
    else
        anonid_ldap_failure(&attempt->outcome, reply.result, reply.ppolicy,
                            reply.text);
    anonid_ldap_close(ldap);
}

/* The same unless the server hung a moment ago, and notes if it does now. */
static void try_unless_shunned(anonid_attempt_t *attempt, const char *url)
{
    anonid_deadline_t hangs = anonid_deadline_in(HANGS_SECONDS);
    const anonid_outcome_t *outcome = &attempt->outcome;

    if (anonid_ldap_is_shunned(url)) {
        anonid_outcome_set(&attempt->outcome, ANONID_NO_LOGON_SERVERS,
                           "it kept another logon waiting in vain");
        return;
    }
    try_server(attempt, url);
    if (outcome->code == ANONID_NO_LOGON_SERVERS
        && anonid_deadline_left(hangs) == 0)
        anonid_ldap_shun(url);
}

/* Puts the server's URL before what is wrong with it. */
static void name_server(anonid_outcome_t *outcome, const char *url)
{
    char detail[ANONID_DETAIL_MAX];

    memcpy(detail, outcome->detail, sizeof(detail));
    anonid_outcome_set(outcome, outcome->code, "%.100s: %s", url, detail);
}

static void try_servers(anonid_attempt_t *attempt)
{
    const apr_array_header_t *urls = attempt->account->urls;
    anonid_outcome_t *outcome = &attempt->outcome;

    anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS, "none is configured");
    for (int i = 0; i < urls->nelts; i++) {
        const char *url = APR_ARRAY_IDX(urls, i, const char *);

        try_unless_shunned(attempt, url);
        if (outcome->code != ANONID_NO_LOGON_SERVERS)
            return;
        name_server(outcome, url);
    }
}

/* RFC 4513 section 5.1: without a name or without a password a bind is
 * anonymous, and servers say yes to it. */
static int is_anonymous(const anonid_attempt_t *attempt)
{
    const char *dn = attempt->account->principal;

    return !attempt->secret || anonid_secret_length(attempt->secret) == 0
           || !dn || dn[strspn(dn, " ")] == '\0';
}

static void logon(anonid_attempt_t *attempt)
{
    anonid_outcome_t *outcome = &attempt->outcome;

    if (is_anonymous(attempt)) {
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "the password or the DN is empty");
        return;
    }
    try_servers(attempt);
    if (outcome->code == ANONID_LOGON_OK)
        outcome->life = apr_time_from_sec(anonid_account_option_seconds(
            attempt->account, "lifetime", LIFETIME_SECONDS));
}

const anonid_provider_ops_t anonid_provider_ldap = { "ldap",
                                                     ANONID_PROVIDER_LDAP,
                                                     logon, release };
