/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail server's words on their way to a visitor, who knows an alias and
 * must not learn the addresses behind it, nor who the site is to the server.
 */
#ifndef ANONID_AGENT_SUBMISSION_REPLY_TEXT_H
#define ANONID_AGENT_SUBMISSION_REPLY_TEXT_H

#include <stddef.h>

/* Copies text to out (cut to size, which is at least 1). The address, and its
 * local part where it stands as a word, become the alias; every other mail
 * address becomes "[address]". address may be NULL. */
void anonid_reply_redact(const char *text, const char *address,
                         const char *alias, char *out, size_t size);

/* 1 if the name stands in the text as a word, or as several, without regard
 * to case. name may be NULL or empty: 0. */
int anonid_reply_names(const char *text, const char *name);

/* Copies the code and the enhanced status (RFC 3463) of a refusal alone; the
 * server's own words are left out. */
void anonid_reply_withhold(const char *text, char *out, size_t size);

#endif
