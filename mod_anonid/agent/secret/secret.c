/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in memory; see secret.h.
 *
 * Each has pages of its own, which are locked where the limit allows it, are
 * left out of core files, and are wiped before they are given back.
 */
#include "agent/secret/secret.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define RANDOM_OCTETS 24 /* 192 bits; a multiple of 3 for base64 */

#define N_DERIVED 4

/* Without a label: empty. */
typedef struct {
    size_t label_length, length;
    unsigned char label[ANONID_SECRET_LABEL_MAX];
    unsigned char octets[ANONID_SECRET_DERIVED_MAX];
} derived_t;

struct anonid_secret_t {
    atomic_uint holders;
    size_t mapped; /* octets of the mapping that this structure begins */
    size_t length;
    anonid_secret_kind_t kind;
    derived_t derived[N_DERIVED]; /* under the lock */
    unsigned oldest;
    char octets[];
};

/* Of what is derived from all secrets; held for the time of a copy. */
static pthread_mutex_t derived_lock = PTHREAD_MUTEX_INITIALIZER;

/* Room for `length` octets and a NUL, all zero. */
static anonid_secret_t *reserve(anonid_secret_kind_t kind, size_t length)
{
    size_t mapped = sizeof(anonid_secret_t) + length + 1;
    anonid_secret_t *secret = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (secret == MAP_FAILED)
        return NULL;
    (void)mlock(secret, mapped);
    (void)madvise(secret, mapped, MADV_DONTDUMP);
    (void)madvise(secret, mapped, MADV_DONTFORK);
    atomic_init(&secret->holders, 1);
    secret->mapped = mapped;
    secret->length = length;
    secret->kind = kind;
    return secret;
}

anonid_secret_t *anonid_secret_make(anonid_secret_kind_t kind,
                                    const void *octets, size_t length)
{
    anonid_secret_t *secret = length > 0 ? reserve(kind, length) : NULL;

    if (secret)
        memcpy(secret->octets, octets, length);
    return secret;
}

/* Waits until fd can be read or the deadline is over: 1 or 0. */
static int readable(int fd, apr_time_t deadline)
{
    struct pollfd p = { fd, POLLIN, 0 };
    int n;

    do {
        apr_interval_time_t left = deadline - anonid_monotonic_now();

        if (left < 0)
            return 0;
        n = poll(&p, 1, (int)(left / 1000) + 1);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Fills the buffer up to the end of fd. NULL is good, else what is wrong. */
static const char *read_all(int fd, anonid_secret_t *buffer, size_t *length,
                            apr_time_t deadline)
{
    *length = 0;
    for (;;) {
        ssize_t n;

        if (!readable(fd, deadline))
            return "the secret did not arrive in time";
        n = read(fd, buffer->octets + *length, buffer->length - *length);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return "the secret cannot be read";
        if (n == 0)
            return NULL;
        if (n > 0)
            *length += (size_t)n;
        if (*length > ANONID_SECRET_MAX)
            return "the secret is too long";
    }
}

/* A password ends where its line ends. */
static size_t without_line_end(const char *octets, size_t length)
{
    if (length > 0 && octets[length - 1] == '\n')
        length--;
    else
        return length;
    if (length > 0 && octets[length - 1] == '\r')
        length--;
    return length;
}

static const char *password_error(const char *octets, size_t length)
{
    if (memchr(octets, '\0', length))
        return "the secret holds a NUL octet";
    if (memchr(octets, '\n', length) || memchr(octets, '\r', length))
        return "the secret holds more than one line";
    return NULL;
}

anonid_secret_t *anonid_secret_read(int fd, anonid_secret_kind_t kind,
                                    apr_interval_time_t timeout,
                                    const char **why)
{
    anonid_secret_t *secret = NULL;
    anonid_secret_t *buffer = reserve(kind, ANONID_SECRET_MAX + 1);
    size_t length;

    if (!buffer) {
        *why = "there is no memory for the secret";
        return NULL;
    }
    *why = read_all(fd, buffer, &length, anonid_monotonic_now() + timeout);
    if (!*why && kind != ANONID_SECRET_KEYTAB) {
        length = without_line_end(buffer->octets, length);
        *why = password_error(buffer->octets, length);
    }
    if (!*why && length == 0)
        *why = "the secret is empty";
    if (!*why) {
        secret = anonid_secret_make(kind, buffer->octets, length);
        if (!secret)
            *why = "there is no memory for the secret";
    }
    anonid_secret_drop(buffer);
    return secret;
}

/* base64url (RFC 4648 section 5), which needs no quoting anywhere. */
static void encode(char *out, const unsigned char *in, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (; length >= 3; length -= 3, in += 3) {
        unsigned v = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];

        for (int shift = 18; shift >= 0; shift -= 6)
            *out++ = digits[v >> shift & 63];
    }
}

anonid_secret_t *anonid_secret_random(void)
{
    unsigned char octets[RANDOM_OCTETS];
    anonid_secret_t *secret;

    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
        return NULL;
    secret = reserve(ANONID_SECRET_PASSWORD, RANDOM_OCTETS / 3 * 4);
    if (secret)
        encode(secret->octets, octets, sizeof(octets));
    explicit_bzero(octets, sizeof(octets));
    return secret;
}

anonid_secret_t *anonid_secret_hold(anonid_secret_t *secret)
{
    if (secret)
        atomic_fetch_add(&secret->holders, 1);
    return secret;
}

void anonid_secret_drop(anonid_secret_t *secret)
{
    size_t mapped;

    if (!secret || atomic_fetch_sub(&secret->holders, 1) != 1)
        return;
    mapped = secret->mapped;
    explicit_bzero(secret, mapped);
    (void)munmap(secret, mapped);
}

int anonid_secret_seal(const anonid_secret_t *secret)
{
    int fd = memfd_create("anonid-token", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    if (write(fd, secret->octets, secret->length) == (ssize_t)secret->length
        && fcntl(fd, F_ADD_SEALS,
                 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
               == 0)
        return fd;
    close(fd);
    return -1;
}

int anonid_secret_is_same(const anonid_secret_t *a, const anonid_secret_t *b)
{
    return a && b && a->length == b->length
           && memcmp(a->octets, b->octets, a->length) == 0;
}

anonid_secret_kind_t anonid_secret_kind(const anonid_secret_t *secret)
{
    return secret->kind;
}

const char *anonid_secret_data(const anonid_secret_t *secret)
{
    return secret->octets;
}

size_t anonid_secret_length(const anonid_secret_t *secret)
{
    return secret->length;
}

/* Under the lock. */
static derived_t *find_derived(anonid_secret_t *secret, const void *label,
                               size_t length)
{
    for (int i = 0; i < N_DERIVED; i++) {
        derived_t *derived = &secret->derived[i];

        if (derived->label_length == length
            && memcmp(derived->label, label, length) == 0)
            return derived;
    }
    return NULL;
}

int anonid_secret_recall(anonid_secret_t *secret, const void *label,
                         size_t label_length, void *derived, size_t length)
{
    const derived_t *found;
    int is_there;

    pthread_mutex_lock(&derived_lock);
    found = find_derived(secret, label, label_length);
    is_there = found && found->length == length;
    if (is_there)
        memcpy(derived, found->octets, length);
    pthread_mutex_unlock(&derived_lock);
    return is_there;
}

void anonid_secret_remember(anonid_secret_t *secret, const void *label,
                            size_t label_length, const void *derived,
                            size_t length)
{
    derived_t *room;

    if (label_length == 0 || label_length > ANONID_SECRET_LABEL_MAX
        || length > ANONID_SECRET_DERIVED_MAX)
        return;
    pthread_mutex_lock(&derived_lock);
    room = find_derived(secret, label, label_length);
    if (!room)
        room = &secret->derived[secret->oldest++ % N_DERIVED];
    explicit_bzero(room, sizeof(*room));
    memcpy(room->label, label, label_length);
    memcpy(room->octets, derived, length);
    room->label_length = label_length;
    room->length = length;
    pthread_mutex_unlock(&derived_lock);
}
