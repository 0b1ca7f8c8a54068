/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsasl2's own server, which knows one user.
 */
#ifndef ANONID_T_SASL_SERVER_H
#define ANONID_T_SASL_SERVER_H

#include <sasl/sasl.h>

/* Readies the library, after anonid_sasl_library_start: 1 or 0. The texts are
 * kept. */
int unit_sasl_start(const char *user, const char *password);

/* How often SCRAM hashes the password; NULL: libsasl2's default. */
void unit_sasl_iterate(const char *count);

/* The server's side of one login at the service "smtp": libsasl2's code. */
int unit_sasl_open(sasl_conn_t **conn);

#endif
