/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener for local applications as configured: plain data, its URL, and
 * its way over the wire. Opens nothing.
 *
 *   smtp://127.0.0.1:2525   imap://[::1]:143   pop3+unix:/run/mail/pop3
 *
 * Without a port it is the protocol's own: 25, 143, 110.
 */
#ifndef ANONID_COMMON_LISTENER_H
#define ANONID_COMMON_LISTENER_H

#include "common/mail_protocol.h"
#include "common/wire.h"

#include <apr_tables.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* Connections at a time: where nothing is said, and at most. */
#define ANONID_LISTENER_MAX_DEFAULT 100
#define ANONID_LISTENER_MAX_HIGHEST 60000

/* Flags. */
enum {
    ANONID_LISTENER_PREAUTH = 1, /* IMAP: the greeting says PREAUTH */
    ANONID_LISTENER_STRICT = 2,  /* SMTP: bare CR and LF are refused, not
                                    made line ends */
    ANONID_LISTENER_ANYBODY = 4  /* every user of this machine may connect */
};

typedef struct {
    const char *url; /* as configured; its name in messages */
    anonid_mail_protocol_t protocol;
    const char *address; /* "127.0.0.1:2525", "[::1]:143" or a path; no two
                            listeners have the same */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } socket;
    socklen_t socket_length;
    const char *account;
    const char *service;
    unsigned flags;           /* ANONID_LISTENER_... */
    apr_array_header_t *uids; /* uint32_t: who may connect */
    unsigned max;             /* connections at a time */
    int slot;                 /* in the status table; -1: none */
} anonid_listener_t;

/* A listener without URL, account and service, that nobody may use. */
anonid_listener_t *anonid_listener_make(apr_pool_t *pool);

/* Takes a URL: fills url, protocol, address and socket, copied into the pool.
 * NULL, or what is wrong and what to write instead. */
const char *anonid_listener_parse(anonid_listener_t *listener, const char *url,
                                  apr_pool_t *pool);

/* 1 if it is a Unix socket. */
int anonid_listener_is_unix(const anonid_listener_t *listener);

/* 1 if a process of that user may connect. */
int anonid_listener_admits(const anonid_listener_t *listener, uid_t uid);

/* What it speaks, as in its URL: "smtp", "imap", "pop3". */
const char *anonid_listener_scheme(anonid_mail_protocol_t protocol);

/* As a LISTENER message, which takes the socket with it, and back; NULL if
 * malformed. */
int anonid_listener_encode(anonid_writer_t *w,
                           const anonid_listener_t *listener);
anonid_listener_t *anonid_listener_decode(const anonid_frame_t *frame,
                                          apr_pool_t *pool);

#endif
