/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong with a mail server: kind, state, words, and what each
 * kind means for the operator. Decides nothing; submission and pool do.
 */
#ifndef ANONID_AGENT_NET_MAIL_ERROR_H
#define ANONID_AGENT_NET_MAIL_ERROR_H

#include "agent/base/log.h"
#include "agent/net/phase.h"

#define ANONID_MAIL_ERROR_TEXT_MAX 512

typedef enum {
    ANONID_MAIL_ERROR_RESOLVE,     /* the host has no address */
    ANONID_MAIL_ERROR_CONNECT,     /* nobody answers at its addresses */
    ANONID_MAIL_ERROR_TLS,         /* handshake or certificate */
    ANONID_MAIL_ERROR_PLAIN,       /* plain text where TLS was to come */
    ANONID_MAIL_ERROR_TRUST,       /* our own authorities cannot be read */
    ANONID_MAIL_ERROR_LOST,        /* the connection ended */
    ANONID_MAIL_ERROR_LATE,        /* a deadline passed */
    ANONID_MAIL_ERROR_GARBAGE,     /* not the protocol */
    ANONID_MAIL_ERROR_BUSY,        /* refused for now */
    ANONID_MAIL_ERROR_LOOP,        /* the server is a listener of ours */
    ANONID_MAIL_ERROR_REFUSED,     /* refused for good, before any message */
    ANONID_MAIL_ERROR_REJECTED,    /* the message was refused for good */
    ANONID_MAIL_ERROR_NO_STARTTLS, /* encryption is owed and not to be had */
    ANONID_MAIL_ERROR_MECHANISM,   /* no mechanism in common */
    ANONID_MAIL_ERROR_TICKET,      /* no Kerberos ticket for it, or the like */
    ANONID_MAIL_ERROR_LOGIN,       /* the account was refused */
    ANONID_MAIL_ERROR_LOGIN_LATER, /* ... for now */
    ANONID_MAIL_ERROR_HELD,     /* it was refused before, and is not tried */
    ANONID_MAIL_ERROR_STALE,    /* it has a new password since it was asked */
    ANONID_MAIL_ERROR_UNPROVEN, /* the server did not prove itself */
    ANONID_MAIL_ERROR_INTERNAL  /* no memory, no descriptor */
} anonid_mail_error_kind_t;

typedef struct {
    anonid_log_level_t level;
    const char *number; /* ANONID_LOGNO */
    const char *remedy; /* what the operator can do */
    int next_server;    /* 1: another server of the service may do better */
    int of_server;      /* 1: no login works there, whoever tries */
    int retry_after;    /* seconds that the visitor is asked to wait */
} anonid_mail_error_info_t;

typedef struct {
    anonid_mail_error_kind_t kind;
    anonid_phase_t phase;
    int retry_after; /* seconds */
    char text[ANONID_MAIL_ERROR_TEXT_MAX];
} anonid_mail_error_t;

const anonid_mail_error_info_t *
anonid_mail_error_info(anonid_mail_error_kind_t kind);

/* 1 if it will be the same until somebody changes something: the account, the
 * service, or the server. */
int anonid_mail_error_is_lasting(anonid_mail_error_kind_t kind);

/* What an application may tell its user: no word of the server's, no name,
 * and nothing of a password, which nobody here could change. */
const char *anonid_mail_error_public(anonid_mail_error_kind_t kind);

/* Fills it; the text is cut to its room, control characters become spaces. */
void anonid_mail_error_set(anonid_mail_error_t *error,
                           anonid_mail_error_kind_t kind, anonid_phase_t phase,
                           const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line: number, service, server, account, state, text, remedy. known: it
 * was said a short time ago, and is a detail now. */
void anonid_mail_error_log(const anonid_mail_error_t *error,
                           const char *service, const char *server,
                           const char *account, int known);

#endif
