/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logon providers: how an account is proven.
 *
 * A provider is a table of functions in a file of its own. Its `logon` runs
 * on a thread of the pool, may block within its own timeouts, and touches
 * nothing but the attempt it is given: the account (immutable), the secret
 * (this attempt's own copy), and the credentials it leaves behind.
 */
#ifndef ANONID_AGENT_PROVIDER_PROVIDER_H
#define ANONID_AGENT_PROVIDER_PROVIDER_H

#include "common/account.h"
#include "common/failure.h"
#include "agent/provider/account_table.h"
#include "agent/secret/secret.h"

#include <stdatomic.h>

typedef struct anonid_provider_ops_t anonid_provider_ops_t;

/* What a logon leaves for later use (a Kerberos ticket cache, say): the
 * beginning of the provider's own structure. Counted, because a mail login
 * may still use it when the account logs on anew. */
typedef struct {
    const anonid_provider_ops_t *provider;
    atomic_uint holders;
} anonid_credentials_t;

/* Another account that a logon needs: for LDAP the one that searches. */
typedef struct {
    const char *account;               /* NULL: none is needed */
    const anonid_secret_t *secret;     /* both NULL: it is not logged on */
    anonid_credentials_t *credentials; /* the provider's own, to look at */
    anonid_outcome_t outcome; /* out: of using it; code 0 if it was good */
} anonid_helper_t;

/* One attempt. In: account, secret, table, helper. Out: outcome, credentials,
 * helper's outcome, unchanged, secret_expires. */
typedef struct {
    const anonid_account_t *account;
    const anonid_secret_t *secret; /* NULL: the account has none */
    const anonid_secret_t *client; /* oauth2: the client's, beside a refresh
                                      token; NULL: it has none */
    anonid_secret_t *rotated; /* out, oauth2: the refresh token that takes the
                                 place of secret, whatever the outcome; held
                                 once; NULL: that stays */
    anonid_account_table_t *table; /* file provider: its account file */
    /* In and out, file provider: which verifier the secret was last checked
     * against (its SHA-256; all zero: none). Is it the same again, the last
     * outcome still holds: unchanged is 1, and outcome says nothing. */
    unsigned char checked[ANONID_DIGEST_OCTETS];
    int unchanged;
    /* File provider: the verifier that was made of this very secret, in the
     * same way. Where it is the account's, nothing has to be computed. */
    unsigned char made[ANONID_DIGEST_OCTETS];
    /* In and out: when the secret itself comes to its end (0: never, or nobody
     * has said), and when that was asked for last, where it takes a question
     * of its own. In: when it was proven first; 0: it was not. */
    apr_time_t secret_expires;
    apr_time_t expiry_asked;
    apr_time_t proven_since;
    anonid_helper_t helper;
    const apr_array_header_t *services; /* krb5: const char *, host-based names
                                           to fetch tickets for ahead */
    anonid_outcome_t outcome;
    anonid_credentials_t *credentials; /* held once; NULL: nothing to keep */
} anonid_attempt_t;

struct anonid_provider_ops_t {
    const char *name; /* as in AnonIDLogon */
    anonid_provider_t id;
    /* Fills attempt->outcome. Runs on a pool thread. */
    void (*logon)(anonid_attempt_t *attempt);
    /* Ends the credentials' life; NULL if the provider leaves none. Any
     * thread. */
    void (*release)(anonid_credentials_t *credentials);
};

/* The providers of this build. */
extern const anonid_provider_ops_t anonid_provider_file;
extern const anonid_provider_ops_t anonid_provider_krb5;
extern const anonid_provider_ops_t anonid_provider_ldap;
extern const anonid_provider_ops_t anonid_provider_oauth2;
extern const anonid_provider_ops_t anonid_provider_token;

/* The provider of an account; NULL if this build has none. */
const anonid_provider_ops_t *anonid_provider_find(anonid_provider_t id);

/* Any thread; NULL is fine. The last drop releases. */
anonid_credentials_t *anonid_credentials_hold(anonid_credentials_t *held);
void anonid_credentials_drop(anonid_credentials_t *held);

#endif
