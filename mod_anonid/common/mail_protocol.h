/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail protocols: the one table of them, with the schemes of their URLs,
 * ports and names. How they are spoken is the agent's.
 */
#ifndef ANONID_COMMON_MAIL_PROTOCOL_H
#define ANONID_COMMON_MAIL_PROTOCOL_H

typedef enum {
    ANONID_MAIL_SUBMISSION,
    ANONID_MAIL_IMAP,
    ANONID_MAIL_POP3
} anonid_mail_protocol_t;

typedef enum {
    ANONID_TLS_START, /* STARTTLS, mandatory */
    ANONID_TLS_FIRST, /* from the first byte */
    ANONID_TLS_NONE   /* "?tls=none": loopback only */
} anonid_tls_t;

/* A scheme of a URL, and what it stands for. */
typedef struct {
    const char *name; /* "imaps" */
    anonid_mail_protocol_t protocol;
    anonid_tls_t tls;
    int port; /* where the URL names none */
} anonid_mail_scheme_t;

/* The scheme that a URL begins with, and in *rest what follows "://"; NULL:
 * none of them. */
const anonid_mail_scheme_t *anonid_mail_scheme_of(const char *url,
                                                  const char **rest);

/* The name of the scheme of a protocol that does TLS that way; a server
 * without any has the name of one with STARTTLS. */
const char *anonid_mail_scheme_name(anonid_mail_protocol_t protocol,
                                    anonid_tls_t tls);

/* All schemes, "submission://, ..., pop3s://", for messages. */
#define ANONID_MAIL_SCHEMES                                                   \
    "submission://, submissions://, imap://, imaps://, pop3://, pop3s://"

/* What the protocol is called in GSS-API's and SASL's service names (IANA's
 * registry): "smtp", "imap", "pop". */
const char *anonid_mail_sasl_service(anonid_mail_protocol_t protocol);

#endif
