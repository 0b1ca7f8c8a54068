/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a message may be sent as it stands (RFC 5321, RFC 5322), and what
 * it needs from the server. The message comes from a worker, which may be
 * compromised: nothing in it is taken on trust.
 *
 *   - every line ends in CRLF, has at most 998 octets, and holds no NUL and
 *     no bare CR or LF, so that the message ends where we say that it ends;
 *   - the header consists of fields, without control characters, and in
 *     UTF-8 where it is not ASCII;
 *   - there is one From, and it is the service's own address, without a name;
 *     a Sender, if there is one, is the same.
 */
#ifndef ANONID_AGENT_MESSAGE_CHECK_H
#define ANONID_AGENT_MESSAGE_CHECK_H

#include <stddef.h>

#define ANONID_LINE_MAX 998

typedef struct {
    int eight_bit; /* octets over 127 in the body */
    int utf8;      /* ... or in the header */
} anonid_message_traits_t;

/* NULL if it may be sent (*traits is filled), else a constant sentence that
 * says why not. Any thread. */
const char *anonid_message_check(const char *data, size_t length,
                                 const char *mail_from,
                                 anonid_message_traits_t *traits);

#endif
