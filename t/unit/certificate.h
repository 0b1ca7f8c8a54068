/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate for tests that speak TLS.
 */
#ifndef ANONID_T_CERTIFICATE_H
#define ANONID_T_CERTIFICATE_H

#include <openssl/x509.h>

/* A certificate of that host, good for an hour, which is its own authority.
 * The caller frees it. */
X509 *unit_certificate_make(EVP_PKEY *key, const char *name);

#endif
