/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a failed credential version, as text:
 *
 *   anonid failed version 1
 *   account EXAMPLE\web
 *   config 64 hexadecimal digits, which stand for the account as configured
 *   version 801:2a:11:17f2...  of the secret's source (common/source.h)
 *   code 1326
 *   time 1795244800            of the failure, seconds since 1970
 *   detail LDAP result 49, Invalid credentials
 *
 * Each line ends in LF, all are there, in this order. Nothing in it is derived
 * from a secret. Owns the format only; where records are kept is in
 * failed_store.h. Whatever a file holds, the parser says no to all else.
 */
#ifndef ANONID_AGENT_LOGON_FAILED_RECORD_H
#define ANONID_AGENT_LOGON_FAILED_RECORD_H

#include "common/account.h"
#include "common/failure.h"
#include "common/source.h"

#include <stddef.h>

/* Octets of a record; a NUL has room, too. */
#define ANONID_FAILED_MAX 2048

#define ANONID_FAILED_CONFIG 65 /* octets, the NUL included */

typedef struct {
    char config[ANONID_FAILED_CONFIG];
    char version[ANONID_VERSION_MAX];
    apr_time_t when;
    anonid_outcome_t outcome; /* permanent */
} anonid_failed_t;

/* 1 if a failure is recorded at all: it counts against the account where that
 * is kept. A local account can be checked as often as one likes; and what we
 * could not even ask about is no failure of the secret. version: of the
 * secret's source; "": there is none. */
int anonid_failed_counts(const anonid_account_t *account, const char *version,
                         const anonid_outcome_t *outcome);

/* Writes a record of that account and returns its length; 0 if it cannot be
 * one (then it would not be read back either). */
size_t anonid_failed_write(char text[ANONID_FAILED_MAX], const char *account,
                           const anonid_failed_t *failed);

/* 1 if the text is a record of that account, else 0. */
int anonid_failed_parse(const char *text, size_t length, const char *account,
                        anonid_failed_t *failed);

#endif
