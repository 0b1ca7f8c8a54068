/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of Kerberos accounts: an AS exchange with the principal's KDC,
 * by password or keytab. Owns the exchange; errors are failure.h's, the
 * tickets cache.h's.
 *
 * krb5_init_creds_* and not krb5_get_init_creds_*: the latter asks the
 * primary KDC again after a refusal, and a bad password would count twice.
 */
#include "agent/krb5/cache.h"
#include "agent/krb5/expiry.h"
#include "agent/krb5/failure.h"
#include "agent/krb5/keytab.h"
#include "agent/base/log.h"
#include "agent/provider/provider.h"

#include <stdlib.h>
#include <string.h>

/* How often the end of a password is asked for. */
#define ASK_EVERY apr_time_from_sec(43200)

/* What one exchange needs; each member NULL until it is there. */
typedef struct {
    krb5_context context;
    krb5_principal client;
    krb5_get_init_creds_opt *options;
    krb5_init_creds_context exchange;
    anonid_krb5_keytab_t keytab;
} logon_t;

/* "user@upn.suffix@REALM" is an enterprise name (RFC 6806 section 5); what a
 * backslash stands before is no mark. */
static int is_enterprise(const char *principal)
{
    int marks = 0;

    for (const char *c = principal; *c; c++) {
        if (*c == '\\' && c[1])
            c++;
        else if (*c == '@')
            marks++;
    }
    return marks > 1;
}

static krb5_error_code parse_client(logon_t *logon, const char *principal)
{
    int flags = is_enterprise(principal) ? KRB5_PRINCIPAL_PARSE_ENTERPRISE : 0;

    return krb5_parse_name_flags(logon->context, principal, flags,
                                 &logon->client);
}

static krb5_error_code begin(logon_t *logon, const anonid_account_t *account)
{
    krb5_error_code error = krb5_init_context(&logon->context);

    if (error)
        return error;
    error = parse_client(logon, account->principal);
    if (!error)
        error = krb5_get_init_creds_opt_alloc(logon->context, &logon->options);
    if (error)
        return error;
    krb5_get_init_creds_opt_set_canonicalize(
        logon->options, krb5_princ_type(logon->context, logon->client)
                            == KRB5_NT_ENTERPRISE_PRINCIPAL);
    krb5_get_init_creds_opt_set_forwardable(logon->options, 0);
    krb5_get_init_creds_opt_set_proxiable(logon->options, 0);
    return krb5_init_creds_init(logon->context, logon->client, NULL, NULL, 0,
                                logon->options, &logon->exchange);
}

static void end(logon_t *logon)
{
    if (!logon->context)
        return;
    if (logon->exchange)
        krb5_init_creds_free(logon->context, logon->exchange);
    anonid_krb5_keytab_close(logon->context, &logon->keytab);
    krb5_get_init_creds_opt_free(logon->context, logon->options);
    krb5_free_principal(logon->context, logon->client);
    krb5_free_context(logon->context);
}

static krb5_error_code give_keytab(logon_t *logon, anonid_attempt_t *attempt)
{
    const char *wrong = anonid_krb5_keytab_open(
        logon->context, attempt->secret, &logon->keytab);

    if (!wrong)
        return krb5_init_creds_set_keytab(logon->context, logon->exchange,
                                          logon->keytab.keytab);
    anonid_outcome_set(&attempt->outcome, ANONID_ACCESS_DENIED, "%s", wrong);
    return 0;
}

/* Hands the secret to the exchange. If that is impossible, returns libkrb5's
 * error, or says so in the outcome. */
static krb5_error_code give_secret(logon_t *logon, anonid_attempt_t *attempt)
{
    if (!attempt->secret) {
        anonid_outcome_set(&attempt->outcome, ANONID_LOGON_FAILURE,
                           "the account has no secret");
        return 0;
    }
    if (anonid_secret_kind(attempt->secret) == ANONID_SECRET_KEYTAB)
        return give_keytab(logon, attempt);
    return krb5_init_creds_set_password(logon->context, logon->exchange,
                                        anonid_secret_data(attempt->secret));
}

/* libkrb5 reads its configuration first, and can do nothing without. */
static void refuse_configuration(anonid_outcome_t *outcome,
                                 krb5_error_code error)
{
    const char *path = getenv("KRB5_CONFIG");
    const char *message = krb5_get_error_message(NULL, error);

    anonid_outcome_set(outcome, ANONID_NO_LOGON_SERVERS,
                       "%s cannot be used: %s", path ? path : "krb5.conf",
                       message);
    krb5_free_error_message(NULL, message);
}

static void refuse(logon_t *logon, anonid_outcome_t *outcome,
                   krb5_error_code error)
{
    const char *message = krb5_get_error_message(logon->context, error);
    krb5_error *reply = NULL;

    if (logon->exchange)
        (void)krb5_init_creds_get_error(logon->context, logon->exchange,
                                        &reply);
    anonid_krb5_failure(outcome, error, reply ? &reply->e_data : NULL,
                        message);
    krb5_free_error(logon->context, reply);
    krb5_free_error_message(logon->context, message);
}

/* Tickets for the mail servers, so that the first visitor need not wait. A
 * server that is not in the realm is no failure of the logon. */
static void fetch_ahead(logon_t *logon, const anonid_attempt_t *attempt)
{
    const apr_array_header_t *services = attempt->services;
    krb5_error_code error = 0;

    for (int i = 0; services && i < services->nelts; i++) {
        const char *service = APR_ARRAY_IDX(services, i, const char *);
        const char *message;

        error = anonid_krb5_cache_fetch(logon->context, attempt->credentials,
                                        service);
        if (!error)
            continue;
        message = krb5_get_error_message(logon->context, error);
        anonid_log(ANONID_LOG_INFO, "account '%s' got no ticket for %s: %s",
                   attempt->account->name, service, message);
        krb5_free_error_message(logon->context, message);
        if (error == KRB5_KDC_UNREACH)
            return;
    }
}

/* At renewals, and seldom: it takes an exchange of its own. A keytab's keys do
 * not say. */
static void learn_expiry(logon_t *logon, anonid_attempt_t *attempt)
{
    apr_time_t now = apr_time_now();

    if (!attempt->proven_since
        || anonid_secret_kind(attempt->secret) != ANONID_SECRET_PASSWORD
        || (attempt->expiry_asked && attempt->expiry_asked <= now
            && now - attempt->expiry_asked < ASK_EVERY))
        return;
    attempt->expiry_asked = now;
    if (!anonid_krb5_password_end(logon->context, logon->client,
                                  anonid_secret_data(attempt->secret),
                                  &attempt->secret_expires))
        attempt->secret_expires = 0;
}

static krb5_error_code keep(logon_t *logon, anonid_attempt_t *attempt)
{
    krb5_creds creds;
    krb5_error_code error;

    memset(&creds, 0, sizeof(creds));
    error = krb5_init_creds_get_creds(logon->context, logon->exchange, &creds);
    if (error)
        return error;
    error = anonid_krb5_cache_make(logon->context, creds.client, &creds,
                                   &attempt->credentials);
    if (!error) {
        anonid_outcome_set(&attempt->outcome, ANONID_LOGON_OK, "%s", "");
        attempt->outcome.expires =
            anonid_krb5_time(logon->context, creds.times.endtime);
    }
    krb5_free_cred_contents(logon->context, &creds);
    return error;
}

static krb5_error_code exchange(logon_t *logon, anonid_attempt_t *attempt)
{
    krb5_error_code error = begin(logon, attempt->account);

    if (!error)
        error = give_secret(logon, attempt);
    if (error || attempt->outcome.code != ANONID_LOGON_OK)
        return error;
    error = krb5_init_creds_get(logon->context, logon->exchange);
    return error ? error : keep(logon, attempt);
}

static void logon(anonid_attempt_t *attempt)
{
    logon_t logon = { NULL, NULL, NULL, NULL, ANONID_KRB5_KEYTAB_INIT };
    krb5_error_code error;

    anonid_outcome_set(&attempt->outcome, ANONID_LOGON_OK, "%s", "");
    error = exchange(&logon, attempt);
    if (!logon.context)
        refuse_configuration(&attempt->outcome, error);
    else if (error)
        refuse(&logon, &attempt->outcome, error);
    else if (attempt->credentials) {
        fetch_ahead(&logon, attempt);
        learn_expiry(&logon, attempt);
    }
    end(&logon);
}

const anonid_provider_ops_t anonid_provider_krb5 = {
    "krb5", ANONID_PROVIDER_KRB5, logon, anonid_krb5_cache_release
};
