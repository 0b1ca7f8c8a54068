/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of states and deadlines; see phase.h.
 *
 * A visitor waits at the other end, so most are far below the minutes that
 * RFC 5321 section 4.5.3.2 grants between mail servers. The final dot is the
 * exception: giving up there leaves it open whether the message was taken.
 */
#include "agent/net/phase.h"

typedef struct {
    const char *name;
    int seconds;
} phase_row_t;

static const phase_row_t phases[ANONID_PHASES] = {
    [ANONID_PHASE_RESOLVE] = { "name resolution", 20 },
    [ANONID_PHASE_CONNECT] = { "connect", 10 },
    [ANONID_PHASE_TLS] = { "TLS handshake", 20 },
    [ANONID_PHASE_GREETING] = { "greeting", 30 },
    [ANONID_PHASE_HELLO] = { "EHLO", 30 },
    [ANONID_PHASE_STARTTLS] = { "STARTTLS", 30 },
    [ANONID_PHASE_CLIENT] = { "client address", 30 },
    [ANONID_PHASE_AUTH] = { "AUTH", 60 },
    [ANONID_PHASE_IDLE] = { "idle", 60 },
    [ANONID_PHASE_RSET] = { "RSET", 30 },
    [ANONID_PHASE_MAIL] = { "MAIL FROM", 60 },
    [ANONID_PHASE_RCPT] = { "RCPT TO", 60 },
    [ANONID_PHASE_DATA] = { "DATA", 60 },
    [ANONID_PHASE_BODY] = { "message", 60 },
    [ANONID_PHASE_DOT] = { "the final dot", 300 },
    [ANONID_PHASE_QUIT] = { "QUIT", 5 },
    [ANONID_PHASE_SUBMISSION] = { "submission", 150 },
};

static int scale = 100;

const char *anonid_phase_name(anonid_phase_t phase)
{
    return phases[phase].name;
}

struct timeval anonid_phase_deadline(anonid_phase_t phase)
{
    long ms = (long)phases[phase].seconds * 10 * scale;

    return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

void anonid_phase_scale(int percent)
{
    scale = percent < 1 ? 1 : percent > 100 ? 100 : percent;
}
