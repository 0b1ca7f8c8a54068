/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an LDAP server: opening and securing it, and operations
 * with a deadline. Owns libldap's handle and settings; knows no account, and
 * no failure code but what a result is.
 *
 * A server that hangs, drips or floods holds a pool's thread for
 * ANONID_LDAP_SERVER_SECONDS at most, and little memory. Referrals are not
 * followed, and a lost connection is not opened again: a password goes to the
 * configured servers, secured as configured, and nowhere else.
 */
#ifndef ANONID_AGENT_LDAP_SESSION_H
#define ANONID_AGENT_LDAP_SESSION_H

#include "agent/ldap/failure.h"

#include <ldap.h>
#include <stddef.h>

/* Seconds for all that is done on one connection, and for one answer. */
#define ANONID_LDAP_SERVER_SECONDS 15
#define ANONID_LDAP_ANSWER_SECONDS 10

/* What became of an operation. */
typedef struct {
    int result;     /* libldap's number; negative: none came */
    int ppolicy;    /* LDAPPasswordPolicyError, or ANONID_PPOLICY_NONE */
    long expires;   /* seconds that the password is good for, 0 while logons
                       of grace are what is left; -1: nothing was said */
    char text[512]; /* the server's diagnostic text or our words; "": none */
} anonid_ldap_reply_t;

/* Who is spoken to, and how. */
typedef struct {
    const char *url;      /* ldap://, ldaps:// or ldapi:// */
    const char *ca_file;  /* NULL: the system's authorities */
    const char *tls_name; /* in the certificate; NULL: the URL's host */
    int starttls;         /* also on loopback, which otherwise needs none */
} anonid_ldap_server_t;

typedef struct anonid_ldap_t anonid_ldap_t;

/* Fills a reply with a result of our own. */
void anonid_ldap_reply(anonid_ldap_reply_t *reply, int result,
                       const char *text);

/* Connects, secures the connection (ldap:// by StartTLS), and has the server
 * answer one harmless question: a bind sent to a server that hangs would be
 * carried out when it wakes up, once for each of our attempts. NULL with
 * *reply filled on failure. */
anonid_ldap_t *anonid_ldap_open(const anonid_ldap_server_t *server,
                                anonid_ldap_reply_t *reply);

/* A simple bind with the password-policy request control. The caller never
 * passes an empty password (RFC 4513 section 5.1.2). */
void anonid_ldap_bind(anonid_ldap_t *ldap, const char *dn,
                      const char *password, size_t length,
                      anonid_ldap_reply_t *reply);

/* The DN of the one entry that fits, or the first value of that attribute of
 * it (attribute NULL: the DN); free it with ldap_memfree. scope is one of
 * LDAP_SCOPE_.... NULL with *reply filled: LDAP_NO_SUCH_OBJECT if none fits,
 * or has no such attribute, LDAP_SIZELIMIT_EXCEEDED if several do. */
char *anonid_ldap_search_one(anonid_ldap_t *ldap, const char *base, int scope,
                             const char *filter, const char *attribute,
                             anonid_ldap_reply_t *reply);

/* Where a directory of Active Directory's kind begins (its rootDSE's
 * defaultNamingContext); NULL: it is another one. */
const char *anonid_ldap_domain(const anonid_ldap_t *ldap);

/* Unbinds and closes. NULL is fine. */
void anonid_ldap_close(anonid_ldap_t *ldap);

#endif
