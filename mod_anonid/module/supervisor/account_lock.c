/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks beside account files; see account_lock.h.
 */
#include "module/supervisor/account_lock.h"
#include "common/monotonic.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHANGE_TIMEOUT apr_time_from_sec(5)
#define CHANGE_RETRY apr_time_from_msec(20)

anonid_account_locks_t *
anonid_account_locks_make(apr_array_header_t *descriptors)
{
    anonid_account_locks_t *locks =
        apr_palloc(descriptors->pool, sizeof(*locks));

    locks->files = apr_hash_make(descriptors->pool);
    locks->descriptors = descriptors;
    locks->opened = NULL;
    locks->context = NULL;
    return locks;
}

void anonid_account_locks_inherit(anonid_account_locks_t *locks,
                                  const char *path, int fd)
{
    apr_pool_t *pool = locks->descriptors->pool;

    if (apr_hash_get(locks->files, path, APR_HASH_KEY_STRING)) {
        close(fd); /* the same one, of a supervisor that inherited it */
        return;
    }
    apr_hash_set(locks->files, apr_pstrdup(pool, path), APR_HASH_KEY_STRING,
                 apr_pmemdup(pool, &fd, sizeof(fd)));
    APR_ARRAY_PUSH(locks->descriptors, int) = fd;
}

/* The lock file's descriptor; -1 with errno. It is opened once, since a
 * second one would be another owner. */
static int lock_file(anonid_account_locks_t *locks, const char *path)
{
    apr_pool_t *pool = locks->descriptors->pool;
    int *known = apr_hash_get(locks->files, path, APR_HASH_KEY_STRING);
    int fd;

    if (known)
        return *known;
    fd = open(apr_pstrcat(pool, path, ".lock", NULL),
              O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -1;
    anonid_account_locks_inherit(locks, path, fd);
    if (locks->opened)
        locks->opened(locks->context, path, fd);
    return fd;
}

static apr_status_t lock_octet(int fd, off_t octet, short type)
{
    struct flock lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = octet;
    lock.l_len = 1;
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return APR_SUCCESS;
    return errno == EAGAIN || errno == EACCES ? EBUSY : errno;
}

/* FNV-1a of the name, cut to what an offset can be. */
static off_t octet_of(const char *user)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *user; user++)
        hash = (hash ^ (unsigned char)*user) * 0x100000001b3u;
    return (off_t)(1 + (hash >> 2));
}

apr_status_t anonid_account_lock_control(anonid_account_locks_t *locks,
                                         const char *path, const char *user)
{
    int fd = lock_file(locks, path);

    return fd < 0 ? errno : lock_octet(fd, octet_of(user), F_WRLCK);
}

apr_status_t anonid_account_lock_change(anonid_account_locks_t *locks,
                                        const char *path)
{
    apr_time_t deadline = anonid_monotonic_now() + CHANGE_TIMEOUT;
    int fd = lock_file(locks, path);
    apr_status_t rv;

    if (fd < 0)
        return errno;
    rv = lock_octet(fd, 0, F_WRLCK);
    while (rv == EBUSY && anonid_monotonic_now() < deadline) {
        apr_sleep(CHANGE_RETRY);
        rv = lock_octet(fd, 0, F_WRLCK);
    }
    return rv;
}

void anonid_account_unlock_change(anonid_account_locks_t *locks,
                                  const char *path)
{
    int fd = lock_file(locks, path);

    if (fd >= 0)
        (void)lock_octet(fd, 0, F_UNLCK);
}

/* The array belongs to others, too: only what is ours leaves it. */
static void forget(apr_array_header_t *descriptors, int fd)
{
    for (int i = 0; i < descriptors->nelts; i++) {
        if (APR_ARRAY_IDX(descriptors, i, int) == fd)
            APR_ARRAY_IDX(descriptors, i, int) = -1;
    }
}

void anonid_account_locks_release(anonid_account_locks_t *locks)
{
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(NULL, locks->files); hi; hi = apr_hash_next(hi)) {
        const int *fd = apr_hash_this_val(hi);

        forget(locks->descriptors, *fd);
        close(*fd);
    }
    apr_hash_clear(locks->files);
}

void anonid_account_locks_end_changes(anonid_account_locks_t *locks)
{
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(NULL, locks->files); hi; hi = apr_hash_next(hi))
        (void)lock_octet(*(const int *)apr_hash_this_val(hi), 0, F_UNLCK);
}
