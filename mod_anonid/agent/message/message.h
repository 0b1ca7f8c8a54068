/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message as a worker hands it over: a sealed memfd, mapped once. The
 * seals (no write, no shrink, no growth) are what makes it safe to read
 * memory that somebody else made.
 */
#ifndef ANONID_AGENT_MESSAGE_MESSAGE_H
#define ANONID_AGENT_MESSAGE_MESSAGE_H

#include "agent/message/check.h"

typedef struct {
    const char *data; /* NULL: none */
    size_t length;
    anonid_message_traits_t traits;
} anonid_mail_message_t;

typedef enum {
    ANONID_MESSAGE_OK,
    ANONID_MESSAGE_BAD,      /* not a sealed memfd, or empty */
    ANONID_MESSAGE_TOO_LARGE /* over ANONID_MESSAGE_MAX */
} anonid_message_open_t;

/* Maps the memfd and closes it. On failure *why is a constant sentence. */
anonid_message_open_t anonid_message_open(anonid_mail_message_t *message,
                                          int fd, const char **why);

/* Unmaps it; harmless on one that is not open. */
void anonid_message_close(anonid_mail_message_t *message);

#endif
