/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message in a memfd; see message.h.
 */
#include "module/submit/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static apr_status_t close_message(void *data)
{
    close((int)(intptr_t)data);
    return APR_SUCCESS;
}

apr_status_t anonid_message_create(anonid_submit_message_t *message,
                                   apr_pool_t *pool)
{
    message->size = 0;
    message->fd =
        memfd_create("anonid-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (message->fd < 0)
        return errno;
    apr_pool_cleanup_register(pool, (void *)(intptr_t)message->fd,
                              close_message, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t anonid_message_append(anonid_submit_message_t *message,
                                   const void *data, apr_size_t length)
{
    const char *next = data;

    while (length > 0) {
        ssize_t written = write(message->fd, next, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        next += written;
        length -= (apr_size_t)written;
    }
    return APR_SUCCESS;
}

apr_status_t anonid_message_seal(anonid_submit_message_t *message)
{
    struct stat st;

    if (fcntl(message->fd, F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
            != 0
        || fstat(message->fd, &st) != 0)
        return errno;
    message->size = (apr_size_t)st.st_size;
    return APR_SUCCESS;
}
