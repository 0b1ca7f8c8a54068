/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ticket cache that a Kerberos logon leaves: a MEMORY cache of its own,
 * known by its name, because a krb5_context belongs to one thread. Never a
 * file, and never the default cache.
 */
#ifndef ANONID_AGENT_KRB5_CACHE_H
#define ANONID_AGENT_KRB5_CACHE_H

#include <krb5.h>

#include "agent/provider/provider.h"

/* Makes a cache that holds these credentials of the client; *held once.
 * Returns libkrb5's error. */
krb5_error_code anonid_krb5_cache_make(krb5_context context,
                                       krb5_principal client,
                                       krb5_creds *creds,
                                       anonid_credentials_t **held);

/* Opens the cache in the caller's context (krb5_cc_close it). Whoever does
 * holds the credentials meanwhile. */
krb5_error_code anonid_krb5_cache_open(krb5_context context,
                                       const anonid_credentials_t *held,
                                       krb5_ccache *cache);

/* What libkrb5 and GSS-API call it ("MEMORY:..."), as long as it is held. */
const char *anonid_krb5_cache_name(const anonid_credentials_t *held);

/* The client's realm, as long as it is held. */
const char *anonid_krb5_cache_realm(const anonid_credentials_t *held);

/* The provider's release: destroys the cache. */
void anonid_krb5_cache_release(anonid_credentials_t *held);

/* Puts a ticket for a host-based service ("smtp/mail.example.com") of the
 * client's realm, or whatever realm the configuration says, into the cache.
 * Returns libkrb5's error. */
krb5_error_code anonid_krb5_cache_fetch(krb5_context context,
                                        const anonid_credentials_t *held,
                                        const char *service);

#endif
