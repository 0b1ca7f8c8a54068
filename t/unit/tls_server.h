/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A submission server in a process of its own, as far as logins go: TLS from
 * the first octet, SCRAM-SHA-256 by libsasl2's server, PLAIN for anybody.
 */
#ifndef ANONID_T_TLS_SERVER_H
#define ANONID_T_TLS_SERVER_H

typedef struct {
    int pid;
    int port;            /* on 127.0.0.1 */
    const char *ca_file; /* who vouches for it, as "localhost" */
} tls_server_t;

/* Before any thread: 1 or 0. The texts are kept. */
int tls_server_start(tls_server_t *server, const char *user,
                     const char *password);
void tls_server_stop(tls_server_t *server);

#endif
