/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are replaced as a whole: whoever opens one, finds all of the old
 * or all of the new, whenever the machine stops.
 *
 * The path is followed once, to the file's folder; the rest is done from the
 * folder's descriptor, so that what is read, written, renamed and flushed is
 * in one place, whatever becomes of the path meanwhile. Knows nothing of what
 * is in a file.
 */
#ifndef ANONID_MODULE_FILES_ATOMIC_FILE_H
#define ANONID_MODULE_FILES_ATOMIC_FILE_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <sys/stat.h>

/* A file in its folder, which may not be there yet. */
typedef struct {
    int folder;
    const char *name;
} anonid_atomic_file_t;

/* All of a file. */
typedef struct {
    char *text; /* malloc'ed where it was read */
    size_t length;
    struct stat st; /* owner, group and mode */
} anonid_file_content_t;

/* Opens the folder of a path that holds no links. APR_SUCCESS, or the
 * system's error; folder is -1 then. The name is in the pool. */
apr_status_t anonid_atomic_file_open(anonid_atomic_file_t *file,
                                     const char *path, apr_pool_t *pool);
void anonid_atomic_file_close(anonid_atomic_file_t *file);

/* Reads all of it, if it is an ordinary file (EINVAL) of max octets at most
 * (EFBIG). What is in content->text is the caller's to free, also after a
 * failure. */
apr_status_t anonid_atomic_file_read(const anonid_atomic_file_t *file,
                                     size_t max,
                                     anonid_file_content_t *content);

/* Puts a new file, with this content, owner, group and mode, into the place
 * of the one that is there; or where none is (EEXIST). */
apr_status_t anonid_atomic_file_replace(const anonid_atomic_file_t *file,
                                        const anonid_file_content_t *content,
                                        apr_pool_t *pool);

/* The same for a path that may be a link (what it leads to is replaced), with
 * what is in another descriptor, of max octets at most, and a line's end
 * behind it; the kernel copies it, and nothing of it comes here. version is
 * that of the file as the caller knows it (common/source.h): ESTALE if it is
 * another one. */
apr_status_t anonid_atomic_file_copy(const char *path, const char *version,
                                     int from, size_t max, apr_pool_t *pool);
apr_status_t anonid_atomic_file_create(const anonid_atomic_file_t *file,
                                       const anonid_file_content_t *content,
                                       apr_pool_t *pool);

#endif
