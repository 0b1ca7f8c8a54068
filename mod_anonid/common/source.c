/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of files; see source.h.
 */
#include "common/source.h"

#include <stdio.h>

static long long nanoseconds(const struct timespec *t)
{
    return (long long)t->tv_sec * 1000000000LL + t->tv_nsec;
}

void anonid_source_version(char version[ANONID_VERSION_MAX],
                           const struct stat *st)
{
    snprintf(version, ANONID_VERSION_MAX, "%llx:%llx:%llx:%llx:%llx",
             (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
             (unsigned long long)st->st_size, nanoseconds(&st->st_mtim),
             nanoseconds(&st->st_ctim));
}
