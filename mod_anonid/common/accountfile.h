/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account file as text: finding a user's line and replacing its verifier.
 *
 *   line = user ":" verifier [ ":" further fields ]      ("#" comments)
 *
 * which Dovecot (passwd-file), mod_authn_file (AuthUserFile) and htpasswd
 * read as well. Owns the format only: no file is opened here and no verifier
 * is understood. Input is hostile; everything is bounded by its length and
 * NUL octets are refused.
 */
#ifndef ANONID_COMMON_ACCOUNTFILE_H
#define ANONID_COMMON_ACCOUNTFILE_H

#include <stddef.h>

/* Octets of a user name or a verifier in the file. */
#define ANONID_VERIFIER_MAX 1024

typedef struct {
    size_t offset; /* of the verifier in the text */
    size_t length; /* of the verifier */
} anonid_verifier_span_t;

typedef enum {
    ANONID_ACCOUNTFILE_OK,
    ANONID_ACCOUNTFILE_MISSING, /* no line of that user */
    ANONID_ACCOUNTFILE_TWICE,   /* more than one: which one counts? */
    ANONID_ACCOUNTFILE_BAD      /* NUL octets, or a verifier too long */
} anonid_accountfile_t;

/* Finds the user's verifier. User names are compared octet for octet. Lines
 * end in LF or CRLF; the last one needs no end. */
anonid_accountfile_t anonid_accountfile_find(const char *text, size_t length,
                                             const char *user,
                                             anonid_verifier_span_t *span);

/* The next user of the file from *at on, which is moved behind its line: 1
 * with *user and *user_length (inside the text), or 0 at the end. */
int anonid_accountfile_next(const char *text, size_t length, size_t *at,
                            const char **user, size_t *user_length);

/* 1 if user is the default account of a machine (IUSR_<its name>) and the
 * file knows one of another name: *former, inside the text, cut to 64 octets.
 * The file has no line of the user. */
int anonid_accountfile_former(const char *text, size_t length,
                              const char *user, const char **former,
                              size_t *former_length);

/* Copies the text with the span replaced: malloc'd, *out_length octets; NULL
 * when there is no memory. Every other octet stays as it is. */
char *anonid_accountfile_replace(const char *text, size_t length,
                                 const anonid_verifier_span_t *span,
                                 const char *verifier, size_t *out_length);

/* 1 if it can be a verifier in the file: 1 to ANONID_VERIFIER_MAX printable
 * ASCII octets, no ':' and no space. */
int anonid_verifier_wellformed(const char *verifier);

#endif
