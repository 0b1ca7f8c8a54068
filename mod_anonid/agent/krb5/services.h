/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the servers of mail services are called in a Kerberos realm. Owns the
 * names; knows neither tickets nor libkrb5.
 */
#ifndef ANONID_AGENT_KRB5_SERVICES_H
#define ANONID_AGENT_KRB5_SERVICES_H

#include "common/service.h"

/* Adds the host-based services (RFC 4120 section 6.2.1) of a mail service's
 * servers, if it may be logged on to with GSSAPI, to names (const char *):
 * "smtp/mail.example.com", "imap/...", "pop/...", each once. A server that is
 * named by an address has none. */
void anonid_krb5_services_add(apr_array_header_t *names,
                              const anonid_service_t *service);

#endif
