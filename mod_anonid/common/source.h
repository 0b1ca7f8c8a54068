/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of files: how parent and agent tell that a secret or an account
 * file has changed, without looking at what is in it.
 *
 * The version names inode, size and times: "dev:inode:size:mtime:ctime"
 * (times in nanoseconds). Nothing in it is derived from the content.
 */
#ifndef ANONID_COMMON_SOURCE_H
#define ANONID_COMMON_SOURCE_H

#include <sys/stat.h>

/* Octets of a version, its NUL included. */
#define ANONID_VERSION_MAX 128

void anonid_source_version(char version[ANONID_VERSION_MAX],
                           const struct stat *st);

#endif
