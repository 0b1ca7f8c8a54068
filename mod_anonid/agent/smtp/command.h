/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of an application that speaks SMTP to a listener (RFC 5321
 * section 4.1.1); its parameters are in parameter.h.
 *
 *   line = verb [ SP argument ] CRLF
 *   mail = "FROM:" [ SP ] "<" [ mailbox ] ">" *( SP parameter )
 *   rcpt = "TO:" [ SP ] "<" mailbox ">" *( SP parameter )
 *
 * Hostile input: bounded, and nothing of it is kept but what was checked.
 * Allocates nothing, never logs, knows no connection.
 */
#ifndef ANONID_AGENT_SMTP_COMMAND_H
#define ANONID_AGENT_SMTP_COMMAND_H

#include "agent/mail/visitor.h"

#include <stdint.h>

/* A line with its end: an AUTH response may be as long as that (RFC 4954
 * section 4). */
#define ANONID_SMTP_COMMAND_MAX (12288 + 16)

/* Room for RET and ENVID, or NOTIFY and ORCPT. */
#define ANONID_SMTP_DSN_MAX 640

typedef enum {
    ANONID_SMTP_UNKNOWN,
    ANONID_SMTP_HELO,
    ANONID_SMTP_EHLO,
    ANONID_SMTP_AUTH,
    ANONID_SMTP_MAIL,
    ANONID_SMTP_RCPT,
    ANONID_SMTP_DATA,
    ANONID_SMTP_RSET,
    ANONID_SMTP_NOOP,
    ANONID_SMTP_HELP,
    ANONID_SMTP_VRFY,
    ANONID_SMTP_QUIT,
    ANONID_SMTP_STARTTLS,
    ANONID_SMTP_BDAT,
    ANONID_SMTP_XCLIENT,
    ANONID_SMTP_HTTP, /* a method or a header field of HTTP */
    ANONID_SMTP_VERBS
} anonid_smtp_verb_t;

typedef struct {
    anonid_smtp_verb_t verb;
    const char *argument; /* without blanks around it */
    size_t length;
} anonid_smtp_command_t;

typedef struct {
    char address[256];             /* "" for "<>" */
    uint64_t size;                 /* SIZE=; 0: not said */
    int eight_bit;                 /* BODY=8BITMIME */
    int utf8;                      /* SMTPUTF8 */
    char dsn[ANONID_SMTP_DSN_MAX]; /* what goes on to a server that offers DSN
                                      (RFC 3461), each after a blank */
} anonid_smtp_path_t;

/* The line that data begins with: 1 and its length, with its end; 0: there is
 * more to come; -1: it is too long. *bare: it ends in LF alone, or holds a CR
 * or NUL. */
int anonid_smtp_line(const char *data, size_t length, size_t *line, int *bare);

/* What a line without its end says. */
void anonid_smtp_command_parse(const char *line, size_t length,
                               anonid_smtp_command_t *command);

/* The argument of MAIL and of RCPT: NULL, or the reply that refuses it.
 * offers: the extensions that were offered, ANONID_CAP_... */
const char *anonid_smtp_mail_parse(const anonid_smtp_command_t *command,
                                   unsigned offers, anonid_smtp_path_t *path);
const char *anonid_smtp_rcpt_parse(const anonid_smtp_command_t *command,
                                   unsigned offers, anonid_smtp_path_t *path);

/* The argument of XCLIENT (postfix.org/XCLIENT_README.html): of its attributes
 * only ADDR and PORT are of interest, and of their values only what is an
 * address and a port. NULL, or the reply that refuses it. */
const char *anonid_smtp_xclient_parse(const anonid_smtp_command_t *command,
                                      anonid_visitor_t *visitor);

/* 1 if the octets are the beginning of a TLS handshake. */
int anonid_smtp_is_tls(const char *data, size_t length);

#endif
