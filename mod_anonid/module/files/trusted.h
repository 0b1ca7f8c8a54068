/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which folders can be trusted: nobody else can put another file or folder
 * in the place of what is in them.
 *
 * A path is followed once, folder by folder, each from the descriptor of the
 * one above it, so that what was checked is what is used. Every folder on the
 * way, and every symbolic link, has to be root's or this user's own, and
 * writable by nobody else; a folder that all can write in will do where it is
 * sticky, as /tmp is. Knows nothing of what the folders are for.
 */
#ifndef ANONID_MODULE_FILES_TRUSTED_H
#define ANONID_MODULE_FILES_TRUSTED_H

#include <apr_pools.h>

/* Opens a folder (O_PATH, close-on-exec) if it and all above it can be
 * trusted. NULL and *fd; or what is wrong and what can be done about it, in
 * the pool, and -1. */
const char *anonid_trusted_open(const char *path, int *fd, apr_pool_t *pool);

/* The same, and only the answer. */
const char *anonid_trusted_check(const char *path, apr_pool_t *pool);

#endif
