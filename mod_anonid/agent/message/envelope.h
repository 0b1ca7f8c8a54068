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
    int code; /* of the reply to RCPT; 0: not asked yet */
    char reply[ANONID_REPLY_TEXT_MAX];
} anonid_envelope_address_t;

typedef struct {
    const char *alias;
    apr_array_header_t *addresses; /* anonid_envelope_address_t * */
} anonid_envelope_alias_t;

typedef struct {
    const char *mail_from;
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

/* The same envelope for another server, which has said nothing yet. */
anonid_envelope_t *anonid_envelope_again(apr_pool_t *pool,
                                         const anonid_envelope_t *envelope);

/* 1 if an address is not ASCII (then the server has to do SMTPUTF8). */
int anonid_envelope_utf8(const anonid_envelope_t *envelope);

/* Addresses whose reply code begins with that digit. */
int anonid_envelope_count(const anonid_envelope_t *envelope, int digit);

/* The alias got through: the server took at least one of its addresses. */
int anonid_envelope_accepted(const anonid_envelope_alias_t *alias);

/* An address of the alias that was refused; NULL if none was. */
const anonid_envelope_address_t *
anonid_envelope_refused(const anonid_envelope_alias_t *alias);

#endif
