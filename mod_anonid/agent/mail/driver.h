/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail protocols, as the login sees them: a driver is a table of functions
 * in a file of its own that says how replies are parsed, how a server is
 * asked for its capabilities, for TLS and for a login, and what success
 * looks like. Everything after the login is the protocol's own business.
 */
#ifndef ANONID_AGENT_MAIL_DRIVER_H
#define ANONID_AGENT_MAIL_DRIVER_H

#include "common/service.h"
#include "common/wire.h"
#include "agent/mail/visitor.h"
#include "agent/net/phase.h"

/* One whole reply, in the connection's input buffer. */
typedef struct {
    int code;         /* SMTP's; 0 in protocols that have none */
    const char *data; /* all its octets */
    size_t length;
} anonid_mail_reply_t;

/* What a reply means in the state it came in. */
typedef enum {
    ANONID_VERDICT_GOOD,
    ANONID_VERDICT_CHALLENGE, /* AUTH goes on */
    ANONID_VERDICT_LATER,     /* refused for now */
    ANONID_VERDICT_REFUSED,   /* refused for good */
    ANONID_VERDICT_BAD        /* has no business in this state */
} anonid_verdict_t;

enum {
    ANONID_CAP_STARTTLS = 1,
    ANONID_CAP_PIPELINING = 2,
    ANONID_CAP_8BITMIME = 4,
    ANONID_CAP_SMTPUTF8 = 8,
    ANONID_CAP_SIZE = 16,
    ANONID_CAP_SASL_IR = 32, /* IMAP (RFC 4959) */
    ANONID_CAP_DSN = 64,
    ANONID_CAP_CLIENT = 128, /* XCLIENT with ADDR; IMAP: ID */
    ANONID_CAP_XCLIENT_NAME = 256,
    ANONID_CAP_XCLIENT_PORT = 512
};

#define ANONID_MECHANISMS_TEXT_MAX 512

typedef struct {
    unsigned flags; /* ANONID_CAP_... */
    uint64_t size;  /* most octets of a message; 0: not said */
    char mechanisms[ANONID_MECHANISMS_TEXT_MAX]; /* SASL, by single spaces */
} anonid_capabilities_t;

/* Room for a command line without its argument from SASL. */
#define ANONID_COMMAND_MAX 512

typedef struct {
    anonid_mail_protocol_t protocol;
    int greeting_tells; /* the greeting may have capabilities in it */
    int keeps_welcome;  /* who logs on wants to see the reply that succeeds */
    unsigned tells;     /* ANONID_CLIENT_...: who a session is for; 0: never */
    int tells_anew;     /* ... after which the server has forgotten all else */

    /* The reply to what was said in that state; what came in between without
     * having been asked for is part of it. */
    anonid_parse_t (*parse)(anonid_phase_t phase, const char *data,
                            size_t length, anonid_mail_reply_t *reply,
                            size_t *consumed);
    anonid_verdict_t (*judge)(anonid_phase_t phase,
                              const anonid_mail_reply_t *reply);
    /* The command that asks for capabilities, and its answer. literal: our
     * address, as "[127.0.0.1]" or "[IPv6:::1]". */
    void (*hello)(const char *literal, char command[ANONID_COMMAND_MAX]);
    void (*capabilities)(const anonid_mail_reply_t *reply,
                         anonid_capabilities_t *caps);
    /* The command that tells the server of a visitor. NULL if `tells` is 0. */
    void (*tell)(const anonid_capabilities_t *caps,
                 const anonid_visitor_t *visitor,
                 char command[ANONID_COMMAND_MAX]);
    const char *starttls; /* the command */
    /* "AUTH mechanism" without initial response and CRLF. */
    void (*auth)(const char *mechanism, char command[ANONID_COMMAND_MAX]);
    /* 1 if a first response of that many octets may go with that AUTH command
     * on a connection with those capabilities (SASL-IR); else it waits for an
     * empty challenge. */
    int (*takes_initial)(const anonid_capabilities_t *caps,
                         const char *command, size_t length);
    /* The base64 of a challenge. */
    void (*challenge)(const anonid_mail_reply_t *reply, const char **text,
                      size_t *length);
    /* The reply in one line for people. */
    void (*text)(const anonid_mail_reply_t *reply, char *out, size_t size);
    const char *quit; /* the command */
} anonid_mail_driver_t;

/* The driver of a protocol; NULL if this build has none. */
const anonid_mail_driver_t *anonid_driver_find(anonid_mail_protocol_t id);

/* The drivers of this build: SMTP submission (RFC 6409) in smtp/driver.c,
 * IMAP (RFC 3501, RFC 9051) in imap/driver.c, POP3 (RFC 1939, RFC 5034) in
 * pop3/driver.c. */
extern const anonid_mail_driver_t anonid_smtp_driver;
extern const anonid_mail_driver_t anonid_imap_driver;
extern const anonid_mail_driver_t anonid_pop3_driver;

#endif
