/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and replacing whole files; see atomic_file.h.
 */
#include "module/files/atomic_file.h"

#include "common/source.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* To find a name that nothing has. */
#define TRIES 100

apr_status_t anonid_atomic_file_open(anonid_atomic_file_t *file,
                                     const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    const char *folder = apr_pstrmemdup(pool, path, (size_t)(slash - path));

    file->name = apr_pstrdup(pool, slash + 1);
    file->folder =
        open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file->folder < 0 ? errno : APR_SUCCESS;
}

void anonid_atomic_file_close(anonid_atomic_file_t *file)
{
    if (file->folder >= 0)
        close(file->folder);
    file->folder = -1;
}

static apr_status_t read_all(int fd, anonid_file_content_t *content)
{
    size_t size = (size_t)content->st.st_size;

    content->text = malloc(size + 1);
    if (!content->text)
        return ENOMEM;
    while (content->length < size) {
        ssize_t n =
            read(fd, content->text + content->length, size - content->length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        content->length += (size_t)n;
    }
    return APR_SUCCESS;
}

apr_status_t anonid_atomic_file_read(const anonid_atomic_file_t *file,
                                     size_t max,
                                     anonid_file_content_t *content)
{
    int fd = openat(file->folder, file->name,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    apr_status_t rv;

    if (fd < 0)
        return errno;
    if (fstat(fd, &content->st) != 0)
        rv = errno;
    else if (!S_ISREG(content->st.st_mode))
        rv = EINVAL;
    else if ((size_t)content->st.st_size > max)
        rv = EFBIG;
    else
        rv = read_all(fd, content);
    close(fd);
    return rv;
}

/* How a new file gets what is in it. */
typedef apr_status_t (*filler_t)(int fd, const void *what);

static apr_status_t write_content(int fd, const void *what)
{
    const anonid_file_content_t *content = what;
    const char *text = content->text;
    size_t length = content->length;

    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        text += n;
        length -= (size_t)n;
    }
    return APR_SUCCESS;
}

typedef struct {
    int fd;
    size_t max;
} copied_t;

static apr_status_t write_copy(int fd, const void *what)
{
    const copied_t *from = what;
    struct stat st;
    off_t at = 0;

    if (fstat(from->fd, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return EINVAL;
    if ((size_t)st.st_size > from->max)
        return EFBIG;
    while (at < st.st_size) {
        ssize_t n = sendfile(fd, from->fd, &at, (size_t)(st.st_size - at));

        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return EIO;
    }
    return write(fd, "\n", 1) == 1 ? APR_SUCCESS : errno;
}

/* The owner is given first: changing it may clear bits of the mode. */
static apr_status_t dress(int fd, const struct stat *like)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return errno;
    if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid)
        && fchown(fd, like->st_uid, like->st_gid) != 0)
        return errno;
    return fchmod(fd, like->st_mode & 07777) == 0 ? APR_SUCCESS : errno;
}

/* Opens a new file beside the one that it shall become: its name, in the
 * pool, is that one's with six random digits. -1 with errno. */
static int open_temporary(const anonid_atomic_file_t *file, const char **name,
                          apr_pool_t *pool)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    uint32_t number;
    int fd = -1;

    for (int tries = 0; fd < 0 && tries < TRIES; tries++) {
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            return -1;
        *name = apr_psprintf(pool, "%s.%06x", file->name, number & 0xffffff);
        fd = openat(file->folder, *name, flags, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

/* Dovecot takes a file of the same second and the same size for the same one,
 * and would refuse the new password until the next change. */
static apr_status_t stamp(int fd, const struct stat *old)
{
    struct stat st;
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                 { .tv_sec = old->st_mtime + 1 } };

    if (fstat(fd, &st) != 0)
        return errno;
    if (st.st_mtime > old->st_mtime)
        return APR_SUCCESS;
    return futimens(fd, times) == 0 ? APR_SUCCESS : errno;
}

static apr_status_t fill(int fd, const struct stat *like, filler_t filler,
                         const void *what)
{
    apr_status_t rv = dress(fd, like);

    if (rv == APR_SUCCESS)
        rv = filler(fd, what);
    if (rv == APR_SUCCESS && fsync(fd) != 0)
        rv = errno;
    if (rv == APR_SUCCESS)
        rv = stamp(fd, like);
    if (close(fd) != 0 && rv == APR_SUCCESS)
        rv = errno;
    return rv;
}

/* How the finished file gets its name. */
typedef int (*publish_t)(int folder, const char *from, const char *to);

static int publish_new(int folder, const char *from, const char *to)
{
    return linkat(folder, from, folder, to, 0);
}

static int publish_over(int folder, const char *from, const char *to)
{
    return renameat(folder, from, folder, to);
}

/* A rename is on disk when its folder is. */
static apr_status_t put(const anonid_atomic_file_t *file,
                        const struct stat *like, filler_t filler,
                        const void *what, publish_t publish, apr_pool_t *pool)
{
    const char *name;
    int fd = open_temporary(file, &name, pool);
    apr_status_t rv;

    if (fd < 0)
        return errno;
    rv = fill(fd, like, filler, what);
    if (rv == APR_SUCCESS && publish(file->folder, name, file->name) != 0)
        rv = errno;
    /* It is not there any more when it was renamed. */
    (void)unlinkat(file->folder, name, 0);
    if (rv != APR_SUCCESS)
        return rv;
    return fsync(file->folder) == 0 ? APR_SUCCESS : errno;
}

apr_status_t anonid_atomic_file_replace(const anonid_atomic_file_t *file,
                                        const anonid_file_content_t *content,
                                        apr_pool_t *pool)
{
    return put(file, &content->st, write_content, content, publish_over, pool);
}

apr_status_t anonid_atomic_file_create(const anonid_atomic_file_t *file,
                                       const anonid_file_content_t *content,
                                       apr_pool_t *pool)
{
    return put(file, &content->st, write_content, content, publish_new, pool);
}

static apr_status_t copy_over(const anonid_atomic_file_t *file,
                              const char *version, const copied_t *from,
                              apr_pool_t *pool)
{
    char found[ANONID_VERSION_MAX];
    struct stat st;

    if (fstatat(file->folder, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    anonid_source_version(found, &st);
    if (strcmp(found, version) != 0)
        return ESTALE;
    return put(file, &st, write_copy, from, publish_over, pool);
}

apr_status_t anonid_atomic_file_copy(const char *path, const char *version,
                                     int from, size_t max, apr_pool_t *pool)
{
    const copied_t copied = { from, max };
    char *real = realpath(path, NULL);
    anonid_atomic_file_t file;
    apr_status_t rv;

    if (!real)
        return errno;
    rv = anonid_atomic_file_open(&file, real, pool);
    if (rv == APR_SUCCESS) {
        rv = copy_over(&file, version, &copied, pool);
        anonid_atomic_file_close(&file);
    }
    free(real);
    return rv;
}
