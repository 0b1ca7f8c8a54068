/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states of a mail connection: their names, as logs show them, and how
 * long each may take. Knows no protocol; every protocol uses the states that
 * it has.
 */
#ifndef ANONID_AGENT_NET_PHASE_H
#define ANONID_AGENT_NET_PHASE_H

#include <sys/time.h>

typedef enum {
    ANONID_PHASE_RESOLVE,  /* looking the host's addresses up */
    ANONID_PHASE_CONNECT,  /* to one address */
    ANONID_PHASE_TLS,      /* the handshake */
    ANONID_PHASE_GREETING, /* the server's first words */
    ANONID_PHASE_HELLO,    /* asking for its capabilities */
    ANONID_PHASE_STARTTLS,
    ANONID_PHASE_CLIENT, /* telling the visitor's address */
    ANONID_PHASE_AUTH,   /* each step of it */
    ANONID_PHASE_IDLE,   /* logged on and kept warm */
    ANONID_PHASE_RSET,
    ANONID_PHASE_MAIL,
    ANONID_PHASE_RCPT,
    ANONID_PHASE_DATA,
    ANONID_PHASE_BODY, /* between two signs that the server still reads */
    ANONID_PHASE_DOT,  /* from the final dot to its reply */
    ANONID_PHASE_QUIT,
    ANONID_PHASE_SUBMISSION, /* a whole submission, as far as DATA */
    ANONID_PHASES
} anonid_phase_t;

/* "EHLO", "the final dot", ... */
const char *anonid_phase_name(anonid_phase_t phase);

/* How long the state may last. */
struct timeval anonid_phase_deadline(anonid_phase_t phase);

/* Scales every deadline, in percent of the table's (1 to 100): tests of
 * servers that hang must not take minutes. Once, at start. */
void anonid_phase_scale(int percent);

#endif
