/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonid_tls_new on the thread pool, because the file of the authorities may
 * be on a file system that hangs. Event loop's thread only.
 */
#ifndef ANONID_AGENT_NET_TLS_SETUP_H
#define ANONID_AGENT_NET_TLS_SETUP_H

#include <openssl/ssl.h>

typedef struct anonid_tls_setup_t anonid_tls_setup_t;

/* The outcome of anonid_tls_new: an SSL that is the callee's, or NULL and why.
 * why lives as long as the call. */
typedef void (*anonid_tls_set_up_t)(void *context, SSL *ssl, const char *why);

/* Starts; the arguments are copied. NULL if that is impossible: nobody is
 * called then. */
anonid_tls_setup_t *anonid_tls_setup(const char *ca_file, const char *name,
                                     anonid_tls_set_up_t set_up,
                                     void *context);

/* Nobody is called any more. NULL is fine. */
void anonid_tls_setup_cancel(anonid_tls_setup_t *setup);

#endif
