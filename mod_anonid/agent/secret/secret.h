/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in memory: buffers outside pools, wiped when they are freed.
 *
 * Owns reading a secret from a descriptor that the parent opened, and its
 * life. Nothing here logs, and no function takes a secret by value.
 */
#ifndef ANONID_AGENT_SECRET_SECRET_H
#define ANONID_AGENT_SECRET_SECRET_H

#include "common/account.h"

#include <apr_errno.h>
#include <apr_time.h>
#include <stddef.h>

/* Counted (atomically); its octets are immutable once made. */
typedef struct anonid_secret_t anonid_secret_t;

/* A copy of those octets, as a secret of that kind; NULL if there is no
 * memory or length is 0. */
anonid_secret_t *anonid_secret_make(anonid_secret_kind_t kind,
                                    const void *octets, size_t length);

/* Reads all of fd, at most ANONID_SECRET_MAX octets, until `timeout` is over
 * (a pipe of an exec: source may be slow). One LF or CRLF at the end is
 * dropped, but for keytabs, which keep every octet. On failure NULL, and *why
 * is a constant sentence without the secret: empty, too long, holds a NUL or a
 * line break (keytabs may), timed out, unreadable. */
anonid_secret_t *anonid_secret_read(int fd, anonid_secret_kind_t kind,
                                    apr_interval_time_t timeout,
                                    const char **why);

/* A random password: 32 characters of base64url, 192 bits (getrandom). */
anonid_secret_t *anonid_secret_random(void);

anonid_secret_t *anonid_secret_hold(anonid_secret_t *secret);
/* Wipes and frees with the last holder. NULL is fine. */
void anonid_secret_drop(anonid_secret_t *secret);

/* A file in memory with the octets, which nobody can change any more: a
 * descriptor that the caller closes; -1 with errno. */
int anonid_secret_seal(const anonid_secret_t *secret);

/* 1 if both are the same octets; NULL is like nothing. */
int anonid_secret_is_same(const anonid_secret_t *a, const anonid_secret_t *b);

anonid_secret_kind_t anonid_secret_kind(const anonid_secret_t *secret);

/* The octets, followed by a NUL that is not counted. */
const char *anonid_secret_data(const anonid_secret_t *secret);
size_t anonid_secret_length(const anonid_secret_t *secret);

/* What was computed from a secret and took long: kept with it, in memory that
 * is locked and wiped as it is. Only the last few are kept. label: what else
 * it was computed from. recall: 1, or 0 if it is not there. Any thread. */
#define ANONID_SECRET_LABEL_MAX 96
#define ANONID_SECRET_DERIVED_MAX 64
int anonid_secret_recall(anonid_secret_t *secret, const void *label,
                         size_t label_length, void *derived, size_t length);
void anonid_secret_remember(anonid_secret_t *secret, const void *label,
                            size_t label_length, const void *derived,
                            size_t length);

#endif
