/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of Kerberos principals, as AnonIDLogon krb5 takes them. Owns what can
 * be said of one without libkrb5, which is never loaded into httpd.
 */
#ifndef ANONID_MODULE_TEXT_PRINCIPAL_H
#define ANONID_MODULE_TEXT_PRINCIPAL_H

#include <apr_pools.h>

/* NULL for user@REALM, user/instance@REALM and the enterprise name
 * user@suffix@REALM (RFC 6806 section 5), where a backslash quotes '@', '/'
 * and itself; else what is wrong, and what to write instead. */
const char *anonid_principal_error(apr_pool_t *pool, const char *principal);

#endif
