/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lists of capabilities of all mail protocols have in common: words
 * with blanks between, and names of SASL mechanisms among them. Hostile
 * input, already bounded by the reply parsers.
 */
#ifndef ANONID_AGENT_MAIL_CAPABILITIES_H
#define ANONID_AGENT_MAIL_CAPABILITIES_H

#include "agent/mail/driver.h"

typedef struct {
    const char *next;
    const char *end;
} anonid_words_t;

/* Takes the next word: 1, or 0 when there is none. */
int anonid_words_next(anonid_words_t *words, const char **word,
                      size_t *length);

/* 1 if the word is that keyword, in any case. */
int anonid_word_is(const char *word, size_t length, const char *keyword);

/* Adds a mechanism, in capitals; what is no name of one (RFC 4422 section
 * 3.1), or finds no room, is passed over. */
void anonid_capabilities_add_mechanism(anonid_capabilities_t *caps,
                                       const char *name, size_t length);

#endif
