/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account as configured: plain data, and its way over the wire.
 *
 * Owns the shape that configuration (module) and agent share. Holds the name
 * of a secret's source, never a secret.
 */
#ifndef ANONID_COMMON_ACCOUNT_H
#define ANONID_COMMON_ACCOUNT_H

#include "common/wire.h"

#include <apr_tables.h>

typedef enum {
    ANONID_PROVIDER_FILE = 0,
    ANONID_PROVIDER_LDAP = 1,
    ANONID_PROVIDER_KRB5 = 2,
    ANONID_PROVIDER_TOKEN = 3,
    ANONID_PROVIDER_OAUTH2 = 4
} anonid_provider_t;

/* What an account's secret is. One of one kind is never used as another. */
typedef enum {
    ANONID_SECRET_PASSWORD,
    ANONID_SECRET_KEYTAB,
    ANONID_SECRET_TOKEN,
    ANONID_SECRET_CLIENT, /* of a client of a token endpoint */
    ANONID_SECRET_REFRESH /* its refresh token (RFC 6749 section 1.5) */
} anonid_secret_kind_t;

/* What an account can show to a service: bits. */
enum {
    ANONID_PROOF_PASSWORD = 1,
    ANONID_PROOF_TICKET = 2, /* Kerberos */
    ANONID_PROOF_TOKEN = 4   /* OAuth 2 */
};

/* How the password of a synchronised account is written down. */
#define ANONID_SCHEME_SCRAM "scram-sha-256"
#define ANONID_SCHEME_BCRYPT "bcrypt"
#define ANONID_SCHEME_SHA512 "sha512-crypt"

/* How the source of a refresh token begins: a file, and nothing else, since it
 * has to be replaced. */
#define ANONID_REFRESH_PREFIX "file:"

typedef struct {
    const char *name; /* as configured: DOMAIN\user, user@REALM, user */
    const char *user; /* the user part: what local files call it */
    anonid_provider_t provider;
    const char *principal;    /* ldap: DN, user or search URL; krb5: principal;
                                NULL for file */
    apr_array_header_t *urls; /* const char *; ldap servers in order */
    apr_array_header_t *options; /* const char * "name=value" for the
                                    provider, e.g. "ca=/etc/ssl/ca.pem" */
    const char *path;            /* file: the account file, absolute */
    const char *secret;  /* source, e.g. "file:/etc/s"; NULL when synced, and
                           for a client that has none (oauth2) */
    const char *refresh; /* oauth2: the source of its refresh token, which is
                            replaced when the endpoint gives another; NULL:
                            the client's secret is all it has */
    int token;           /* 1: it was AnonIDToken that named the source; for
                           the configuration's check */
    int sync;            /* 1: the server controls the password */
    const char *scheme;  /* of the synchronised verifier; never NULL */
    int shared;          /* synchronised, and other machines read the account
                           file as well; for the configuration's check */
    int slot;            /* in the status table; -1: none yet */
} anonid_account_t;

/* An empty account of that name; user is the part after DOMAIN\ or before
 * @REALM. Strings are copied into the pool. */
anonid_account_t *anonid_account_make(apr_pool_t *pool, const char *name);

/* The source whose versions are the account's credential versions: that of its
 * secret, or of its refresh token where it has one; NULL: it has none. */
const char *anonid_account_source(const anonid_account_t *account);

/* The source of what goes with it, the secret of a client with a refresh
 * token; NULL: there is nothing. */
const char *anonid_account_client_source(const anonid_account_t *account);

/* What kind of secret its source gives; a synchronised one is a password. */
anonid_secret_kind_t
anonid_account_secret_kind(const anonid_account_t *account);

/* What it can show to services once it is logged on: ANONID_PROOF_... */
unsigned anonid_account_proofs(const anonid_account_t *account);

/* "file", "ldap", "krb5", "token", "oauth2". */
const char *anonid_provider_name(anonid_provider_t provider);

/* What the warning calls it: "Windows NT account" for DOMAIN\user, else
 * "local account", "LDAP account", "Kerberos account", "OAuth account". */
const char *anonid_account_kind(const anonid_account_t *account);

/* NULL if the name can be an account's; else what is wrong with it. Names
 * are 1 to 256 octets of UTF-8 without control characters, ':' or '/', with
 * at most one '\' or '@' that has something on both sides. */
const char *anonid_account_name_error(const char *name);

/* As an ACCOUNT message, and back; NULL if a needed field is missing or
 * malformed. */
int anonid_account_encode(anonid_writer_t *w, const anonid_account_t *account);
anonid_account_t *anonid_account_decode(const anonid_frame_t *frame,
                                        apr_pool_t *pool);

#endif
