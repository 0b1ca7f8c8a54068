/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of sources ("file:", "keytab:", ...): where each is, and opening it.
 *
 * Symbolic links are followed: Kubernetes and many an administrator let a
 * secret's name be one; what is checked is the file that was opened. A secret
 * has to be a regular file of root or of httpd's own user that nobody else
 * can read, also when it is replaced while httpd runs; the program of an
 * exec: source one that nobody else can write. An account file holds
 * verifiers and is meant to be shared; it only has to be a regular file.
 *
 * Knows neither the agent nor when to look.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SOURCE_OPEN_H
#define ANONID_MODULE_SUPERVISOR_SOURCE_OPEN_H

#include "common/source.h"

#include <apr_pools.h>

/* Octets of "why there is none", its NUL included. */
#define ANONID_SOURCE_WHY 512

/* What became of opening a source. */
typedef struct {
    int fd;   /* the caller's; -1: see code and why */
    int code; /* errno */
    char why[ANONID_SOURCE_WHY];
    char version[ANONID_VERSION_MAX]; /* of the file, or of the program */
} anonid_opened_t;

#define ANONID_OPENED_INIT                                                    \
    {                                                                         \
        -1, 0, "", ""                                                         \
    }

typedef struct {
    const char *prefix;
    /* The file's or program's path, from what follows the prefix; NULL:
     * there is none now. */
    const char *(*path)(apr_pool_t *pool, const char *rest);
    unsigned forbidden; /* permissions that it must not give */
    int is_program;     /* its output is the secret */
} anonid_source_kind_t;

/* The kind of a secret's source, or NULL. */
const anonid_source_kind_t *anonid_source_kind(const char *secret);

/* The kind of account files: the path alone. */
extern const anonid_source_kind_t anonid_source_account_file;

/* Opens the file. Never waits: a named pipe is opened as it is, and refused.
 * `name` is whose it is, for messages. */
void anonid_source_open(const anonid_source_kind_t *kind, const char *path,
                        const char *name, anonid_opened_t *opened);

/* Looks whether the program may be run: 1 with its version, or 0 with why. */
int anonid_source_may_run(const anonid_source_kind_t *kind, const char *path,
                          anonid_opened_t *opened);

/* Closes what is open, and says why. */
void anonid_source_fail(anonid_opened_t *opened, int code, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

#endif
