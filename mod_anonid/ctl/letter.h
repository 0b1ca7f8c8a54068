/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message that a program gives to anonid-sendmail, and whom its header
 * names (RFC 5322 section 3.6.3). Bounded; what it looks like otherwise is for
 * the listener to judge.
 */
#ifndef ANONID_CTL_LETTER_H
#define ANONID_CTL_LETTER_H

#include <apr_tables.h>
#include <stddef.h>

typedef struct {
    char *text; /* with the line ends that it came with */
    size_t length;
    int eight_bit;
} anonid_ctl_letter_t;

/* Reads a message to its end of file, or, unless ignore_dots, to a line of
 * one dot. NULL, or what is wrong. */
const char *anonid_letter_read(anonid_ctl_letter_t *letter, int fd,
                               int ignore_dots);

/* Adds the addresses of To, Cc and Bcc. NULL, or what is wrong. */
const char *anonid_letter_recipients(const anonid_ctl_letter_t *letter,
                                     apr_pool_t *pool,
                                     apr_array_header_t *recipients);

/* 1 if the header has a field of that name. */
int anonid_letter_has(const anonid_ctl_letter_t *letter, const char *name);

#endif
