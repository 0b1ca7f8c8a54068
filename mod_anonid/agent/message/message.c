/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps a worker's sealed memfd; see message.h.
 */
#include "agent/message/message.h"
#include "common/protocol.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static anonid_message_open_t map(anonid_mail_message_t *message, int fd,
                                 const char **why)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    void *data;

    /* Only a memfd (or a hugetlbfs file) has seals at all. */
    if (seals < 0 || (seals & SEALS) != SEALS) {
        *why = "it is not a sealed memfd";
        return ANONID_MESSAGE_BAD;
    }
    if (fstat(fd, &st) != 0 || st.st_size <= 0) {
        *why = "it is empty";
        return ANONID_MESSAGE_BAD;
    }
    if (st.st_size > ANONID_MESSAGE_MAX) {
        *why = "it is larger than the agent takes";
        return ANONID_MESSAGE_TOO_LARGE;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        *why = "it cannot be mapped";
        return ANONID_MESSAGE_BAD;
    }
    message->data = data;
    message->length = (size_t)st.st_size;
    return ANONID_MESSAGE_OK;
}

anonid_message_open_t anonid_message_open(anonid_mail_message_t *message,
                                          int fd, const char **why)
{
    anonid_message_open_t result;

    memset(message, 0, sizeof(*message));
    result = map(message, fd, why);
    close(fd);
    return result;
}

void anonid_message_close(anonid_mail_message_t *message)
{
    if (message->data)
        munmap((void *)message->data, message->length);
    memset(message, 0, sizeof(*message));
}
