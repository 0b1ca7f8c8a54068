/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong with a mail server: kind, state, words, and what each
 * kind means for the operator. Decides nothing; submission and pool do.
 */
#ifndef ANONID_AGENT_TROUBLE_H
#define ANONID_AGENT_TROUBLE_H

#include "log.h"
#include "phase.h"

#define ANONID_TROUBLE_TEXT_MAX 512

typedef enum {
    ANONID_TROUBLE_RESOLVE,     /* the host has no address */
    ANONID_TROUBLE_CONNECT,     /* nobody answers at its addresses */
    ANONID_TROUBLE_TLS,         /* handshake or certificate */
    ANONID_TROUBLE_TRUST,       /* our own authorities cannot be read */
    ANONID_TROUBLE_LOST,        /* the connection ended */
    ANONID_TROUBLE_LATE,        /* a deadline passed */
    ANONID_TROUBLE_GARBAGE,     /* not the protocol */
    ANONID_TROUBLE_BUSY,        /* refused for now */
    ANONID_TROUBLE_REFUSED,     /* refused for good, before any message */
    ANONID_TROUBLE_REJECTED,    /* the message was refused for good */
    ANONID_TROUBLE_NO_STARTTLS, /* encryption is owed and not to be had */
    ANONID_TROUBLE_MECHANISM,   /* no mechanism in common */
    ANONID_TROUBLE_LOGIN,       /* the account was refused */
    ANONID_TROUBLE_LOGIN_LATER, /* ... for now */
    ANONID_TROUBLE_HELD,        /* it was refused before, and is not tried */
    ANONID_TROUBLE_STALE,       /* it has a new password since it was asked */
    ANONID_TROUBLE_UNPROVEN,    /* the server did not prove itself */
    ANONID_TROUBLE_INTERNAL     /* no memory, no descriptor */
} anonid_trouble_kind_t;

typedef struct {
    anonid_log_level_t level;
    const char *number; /* ANONID_LOGNO */
    const char *remedy; /* what the operator can do */
    int next_server;    /* 1: another server of the service may do better */
    int retry_after;    /* seconds that the visitor is asked to wait */
} anonid_trouble_info_t;

typedef struct {
    anonid_trouble_kind_t kind;
    anonid_phase_t phase;
    int retry_after; /* seconds */
    char text[ANONID_TROUBLE_TEXT_MAX];
} anonid_trouble_t;

const anonid_trouble_info_t *anonid_trouble_info(anonid_trouble_kind_t kind);

/* Fills it; the text is cut to its room, control characters become spaces. */
void anonid_trouble_set(anonid_trouble_t *trouble, anonid_trouble_kind_t kind,
                        anonid_phase_t phase, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line: number, service, server, account, state, text, remedy. */
void anonid_trouble_log(const anonid_trouble_t *trouble, const char *service,
                        const char *server, const char *account);

#endif
