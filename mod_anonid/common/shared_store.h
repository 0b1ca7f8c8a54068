/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store that several machines share (AnonIDLimitStore): where it is, as
 * configured, and its way over the wire. Opens nothing.
 *
 *   redis://  [user@] host [":" port] ["/" db]
 *   rediss:// the same with TLS
 */
#ifndef ANONID_COMMON_SHARED_STORE_H
#define ANONID_COMMON_SHARED_STORE_H

#include "common/service.h"
#include "common/wire.h"

typedef struct {
    const char *url;             /* as configured; its name in messages */
    anonid_mail_server_t server; /* host, port, and ANONID_TLS_FIRST or
                                    ANONID_TLS_NONE */
    const char *user;            /* NULL: the store's default user */
    unsigned db;
    const char *ca_file;  /* NULL: the system's authorities */
    const char *tls_name; /* NULL: the host */
    const char *secret;   /* its source; the parent's alone */
} anonid_shared_store_t;

/* Parses a URL; all else is left empty. NULL, or what is wrong and what to
 * write instead (the URL is not repeated: it may hold a password). */
const char *anonid_shared_store_parse(anonid_shared_store_t *store,
                                      const char *url, apr_pool_t *pool);

/* As a STORE message, and back; NULL if malformed. */
int anonid_shared_store_encode(anonid_writer_t *w,
                               const anonid_shared_store_t *store);
anonid_shared_store_t *anonid_shared_store_decode(const anonid_frame_t *frame,
                                                  apr_pool_t *pool);

#endif
