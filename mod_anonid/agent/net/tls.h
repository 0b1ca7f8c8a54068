/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS towards mail and LDAP servers: whom to trust, and which name must be in
 * the certificate. Verification cannot be turned off. Knows no connection.
 */
#ifndef ANONID_AGENT_NET_TLS_H
#define ANONID_AGENT_NET_TLS_H

#include "agent/net/binding.h"

#include <apr_time.h>
#include <openssl/ssl.h>

/* The TLS half of one connection, ready for a handshake: TLS 1.2 or later,
 * trusting the authorities of that PEM file (NULL: the system's), accepting a
 * certificate for `name` (a host name, also sent as SNI, or an IP address).
 * NULL and a sentence in why when that cannot be set up. The authorities are
 * read once, and again when the file has changed. Any thread but the event
 * loop's: see tls_setup.h. */
SSL *anonid_tls_new(const char *ca_file, const char *name, char *why,
                    size_t size);

/* 1 if a handshake failed because what came was no TLS. */
int anonid_tls_is_plain(unsigned long error);

/* What was wrong with a handshake, for the log: OpenSSL's reason, or what the
 * verification of the certificate said. error is ERR_get_error()'s or
 * libevent's, 0 for none. */
void anonid_tls_explain(SSL *ssl, unsigned long error, const char *name,
                        char *text, size_t size);

/* The channel binding of a finished handshake; name NULL if there is none. */
void anonid_tls_binding(SSL *ssl, anonid_binding_t *binding);

/* When the peer's certificate of a finished handshake ends; 0: never, or it
 * cannot be told. */
apr_time_t anonid_tls_certificate_end(SSL *ssl);

/* Forgets the authorities (at the end of the program). */
void anonid_tls_stop(void);

#endif
