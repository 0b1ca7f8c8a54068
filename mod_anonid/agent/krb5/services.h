/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configured mail servers are called in a Kerberos realm. Owns the
 * names; knows neither tickets nor libkrb5.
 */
#ifndef ANONID_AGENT_KRB5_SERVICES_H
#define ANONID_AGENT_KRB5_SERVICES_H

#include <apr_hash.h>
#include <apr_tables.h>

/* The host-based services (RFC 4120 section 6.2.1) of all servers that may be
 * logged on to with GSSAPI: "smtp/mail.example.com", "imap/...", "pop/...",
 * each once. A server that is named by an address has none. `services` is
 * name -> anonid_service_t. */
apr_array_header_t *anonid_krb5_services(apr_pool_t *pool,
                                         apr_hash_t *services);

#endif
