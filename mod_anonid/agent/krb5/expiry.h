/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a principal's password ends, as its KDC says.
 */
#ifndef ANONID_AGENT_KRB5_EXPIRY_H
#define ANONID_AGENT_KRB5_EXPIRY_H

#include <apr_time.h>
#include <krb5.h>

/* By an AS exchange of its own, with a password that the KDC has accepted this
 * moment: the reply's last-req, or key-expiration (RFC 4120 section 5.4.2),
 * which is the end of password or principal, whichever is first. 1 with *when
 * by this machine's clock (0: never), or 0: nobody has said. */
int anonid_krb5_password_end(krb5_context context, krb5_principal client,
                             const char *password, apr_time_t *when);

/* A timestamp of the KDC's by this machine's clock. */
apr_time_t anonid_krb5_time(krb5_context context, krb5_timestamp timestamp);

#endif
