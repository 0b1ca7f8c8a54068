/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channel binding data: what ties a SASL exchange to one TLS connection
 * (RFC 5056). Plain data between tls.c and sasl/sasl.c, which know nothing
 * else of each other.
 */
#ifndef ANONID_AGENT_NET_BINDING_H
#define ANONID_AGENT_NET_BINDING_H

#include <stddef.h>

#define ANONID_BINDING_MAX 64

typedef struct {
    const char *name; /* "tls-exporter" (RFC 9266), "tls-unique" (RFC 5929);
                         NULL: none */
    unsigned char data[ANONID_BINDING_MAX];
    size_t length;
} anonid_binding_t;

#endif
