/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail service as configured: plain data, and its way over the wire.
 *
 * Owns the shape that configuration (module) and agent share, and the URLs
 * of mail servers. Knows no protocol.
 */
#ifndef ANONID_COMMON_SERVICE_H
#define ANONID_COMMON_SERVICE_H

#include "common/limit.h"
#include "common/mail_protocol.h"
#include "common/wire.h"

#include <apr_tables.h>

/* scheme://host[:port][?tls=none] with submission (587), submissions (465),
 * imap (143), imaps (993), pop3 (110), pop3s (995); host is a name, an IPv4
 * address or an IPv6 address in brackets. */
typedef struct {
    anonid_mail_protocol_t protocol;
    anonid_tls_t tls;
    const char *host; /* without brackets */
    int port;
    const char *url; /* as configured */
    int loopback;    /* 1: localhost, 127.0.0.0/8 or ::1 */
    int slot;        /* in the status table; -1: none */
} anonid_mail_server_t;

typedef struct {
    const char *alias;
    apr_array_header_t *addresses; /* const char * */
} anonid_recipient_t;

/* How servers are told of the visitor that a session is for; flags. */
enum {
    ANONID_CLIENT_XCLIENT = 1, /* SMTP: Postfix's XCLIENT command */
    ANONID_CLIENT_ID = 2       /* IMAP: x-originating-ip in ID (RFC 2971) */
};

typedef struct {
    const char *name;
    int slot;                       /* in the status table; -1: none */
    apr_array_header_t *servers;    /* anonid_mail_server_t, in order */
    apr_array_header_t *mechanisms; /* const char *, best first */
    const char *ca_file;            /* NULL: the system's authorities */
    const char *tls_name;           /* NULL: the host of the URL */
    const char *mail_from;          /* the only envelope sender; NULL:
                                       nothing is sent */
    int strict_from;                /* 1: an application that names another
                                       sender is refused, not corrected */
    apr_array_header_t *recipients; /* anonid_recipient_t */
    apr_array_header_t *allowed;    /* const char *: patterns of whom
                                       applications may write to, beside the
                                       recipients' addresses */
    unsigned client_address;        /* ANONID_CLIENT_...; 0: nobody is told */
    apr_array_header_t *limits;     /* anonid_limit_t; none: no limit */
    int limits_off;                 /* AnonIDMailLimit off, while the
                                       configuration is read */
} anonid_service_t;

/* An empty service of that name, with the default mechanisms. */
anonid_service_t *anonid_service_make(apr_pool_t *pool, const char *name);

/* Parses a URL. NULL, or what is wrong and what to write instead; the host
 * and url are copied into the pool. Refuses ?tls=none for a host that is not
 * loopback. */
const char *anonid_mail_server_parse(anonid_mail_server_t *server,
                                     const char *url, apr_pool_t *pool);

/* The flag of that name, "xclient" or "id", in any case; 0: there is none. */
unsigned anonid_client_address_flag(const char *name);

/* 1 if the service has a server of that protocol. */
int anonid_service_speaks(const anonid_service_t *service,
                          anonid_mail_protocol_t protocol);

/* Parses "host[:port]" at *rest, and steps behind it: host, port (if it is
 * there) and loopback. NULL, or what is wrong. */
const char *anonid_mail_server_parse_place(anonid_mail_server_t *server,
                                           const char **rest,
                                           apr_pool_t *pool);

/* 1 if the host is this machine's loopback: "localhost", 127.0.0.0/8, ::1. */
int anonid_host_is_loopback(const char *host);

/* The recipient of that alias (case-insensitive), or NULL. */
const anonid_recipient_t *
anonid_service_recipient(const anonid_service_t *service, const char *alias);

/* 1 if an application may write to the address: it is one of a recipient, or
 * a pattern allows it. Domains are compared without regard to case. */
int anonid_service_allows(const anonid_service_t *service,
                          const char *address);

/* NULL if it can be a pattern: an address, "@domain" (all of that domain),
 * "@.domain" (and of those below it) or "*" (everybody); else what is
 * wrong. */
const char *anonid_pattern_error(const char *pattern);

/* 1 if the two are the same mailbox: the local parts octet for octet, the
 * domains without regard to case. */
int anonid_address_same(const char *a, const char *b);

/* 1 if a pattern, which has no error, fits an address, which has none. */
int anonid_pattern_fits(const char *pattern, const char *address);

/* NULL if the mail address can stand in an envelope and a header (RFC 5321
 * Mailbox; UTF-8 local parts allowed), else what is wrong. 254 octets. */
const char *anonid_address_error(const char *address);

/* NULL if it can be an alias: 1 to 64 of A-Z a-z 0-9 . _ - */
const char *anonid_alias_error(const char *alias);

/* As a SERVICE message, and back; NULL if malformed. */
int anonid_service_encode(anonid_writer_t *w, const anonid_service_t *service);
anonid_service_t *anonid_service_decode(const anonid_frame_t *frame,
                                        apr_pool_t *pool);

#endif
