/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of secrets, as AnonIDSecret names them.
 *
 * Owns the schemes and what can be said of a source without opening it: no
 * function here reads a secret. A literal password is refused, and is not
 * repeated in the refusal.
 */
#ifndef ANONID_MODULE_CONFIG_SECRET_SOURCE_H
#define ANONID_MODULE_CONFIG_SECRET_SOURCE_H

#include <httpd.h>

/* Checks an AnonIDSecret's argument and writes it with an absolute path:
 * "file:/etc/secret", "credential:name". NULL, or an error; the argument
 * itself is only in errors that know it for a path. */
const char *anonid_secret_source_parse(apr_pool_t *p, const char *argument,
                                       const char **source);

/* The file of a source, or the program that prints it. NULL if it has none
 * now: systemd has not set CREDENTIALS_DIRECTORY. */
const char *anonid_secret_source_path(apr_pool_t *p, const char *source);

/* NULL if the source's file is there, is not empty and is nobody else's to
 * read, or its program is nobody else's to change; else an error. A
 * credential that has no path now passes. */
const char *anonid_secret_source_check(apr_pool_t *p, const char *source);

#endif
