/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reply line that an application gets: a server's words, without what is
 * not the application's to know (which server it is, and as whom it is spoken
 * to), or our own.
 */
#ifndef ANONID_AGENT_SMTP_ANSWER_H
#define ANONID_AGENT_SMTP_ANSWER_H

#include "agent/message/envelope.h"
#include "agent/message/message.h"
#include "agent/relay/client.h"
#include "common/protocol.h"

typedef struct {
    const anonid_relay_origin_t *origin;
    char line[ANONID_REPLY_TEXT_MAX];
} anonid_answer_t;

/* "451 4.3.0 words" */
void anonid_answer_later(anonid_answer_t *answer, const char *words);

/* What a server of that host (NULL: none) said. What is said without a code is
 * our own finding, and gets this one. */
void anonid_answer_reply(anonid_answer_t *answer, const char *host,
                         const char *text, const char *code);

/* A message was answered: says so in the log, with its id and recipients, and
 * counts it. server: a URL, or NULL; started: monotonic. */
void anonid_answer_log(const anonid_answer_t *answer, const char *server,
                       const anonid_envelope_t *envelope,
                       const anonid_mail_message_t *message,
                       apr_time_t started);

#endif
