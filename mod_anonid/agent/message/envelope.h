/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of one message: who it is from, which addresses it goes to,
 * which alias each stands for, and what the server said to each. Plain data
 * in a pool.
 */
#ifndef ANONID_AGENT_MESSAGE_ENVELOPE_H
#define ANONID_AGENT_MESSAGE_ENVELOPE_H

#include "common/protocol.h"

#include <apr_tables.h>

typedef struct {
    const char *address;
    const char *dsn; /* parameters of RCPT, each after a blank; NULL: none */
    int code;        /* of the reply to RCPT; 0: not asked yet */
    char reply[ANONID_REPLY_TEXT_MAX];
} anonid_envelope_address_t;

typedef struct {
    const char *alias;
    apr_array_header_t *addresses; /* anonid_envelope_address_t * */
} anonid_envelope_alias_t;

typedef struct {
    const char *mail_from;
    const char *dsn;               /* parameters of MAIL likewise */
    int utf8;                      /* it is said to need SMTPUTF8 */
    int whole;                     /* to all addresses, or to none */
    apr_array_header_t *addresses; /* anonid_envelope_address_t *, each once */
    apr_array_header_t *aliases;   /* anonid_envelope_alias_t */
} anonid_envelope_t;

anonid_envelope_t *anonid_envelope_make(apr_pool_t *pool,
                                        const char *mail_from);

/* Adds an alias with its addresses (const char *). One that is there already
 * is not added again. */
void anonid_envelope_add(apr_pool_t *pool, anonid_envelope_t *envelope,
                         const char *alias,
                         const apr_array_header_t *addresses);

/* Adds an address that a server has accepted, with its parameters; it stands
 * for itself. */
void anonid_envelope_accept(apr_pool_t *pool, anonid_envelope_t *envelope,
                            const anonid_envelope_address_t *accepted);

/* The same envelope for another server, which has said nothing yet. */
anonid_envelope_t *anonid_envelope_again(apr_pool_t *pool,
                                         const anonid_envelope_t *envelope);

/* 1 if the server has to do SMTPUTF8: that is said, or an address is not
 * ASCII. */
int anonid_envelope_utf8(const anonid_envelope_t *envelope);

/* 1 if an address has octets over 127. */
int anonid_address_utf8(const char *address);

/* 1 if the server has to do DSN (RFC 3461). */
int anonid_envelope_dsn(const anonid_envelope_t *envelope);

/* Addresses whose reply code begins with that digit. */
int anonid_envelope_count(const anonid_envelope_t *envelope, int digit);

/* The alias got through: the server took at least one of its addresses. */
int anonid_envelope_accepted(const anonid_envelope_alias_t *alias);

/* An address of the alias that was refused; NULL if none was. */
const anonid_envelope_address_t *
anonid_envelope_refused(const anonid_envelope_alias_t *alias);

#endif
